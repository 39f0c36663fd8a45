#[handler(fail_open)]
impl Optional {
    fn new() -> Result<Self, Error> {
        Err(Error::new("no"))
    }

    fn request(&self, _request: &mut Request) {}
}
