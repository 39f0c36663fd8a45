#[handler]
impl FromNothing {
    fn new() -> Self {
        Self
    }

    fn request(&self, _request: &mut Request) {}
}

#[handler]
impl FromSettings {
    fn new(settings: Settings) -> Result<Self, Error> {
        Self::with(settings)
    }

    fn request(&self, _request: &mut Request) {}
}
