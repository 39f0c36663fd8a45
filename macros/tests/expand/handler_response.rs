#[handler]
impl Unbuffered {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response) -> Result<(), Error> {
        Ok(())
    }
}

#[handler]
impl WithState {
    fn request(&self, _request: &mut Request) -> Flow<Ctx> {
        Flow::Continue(Ctx(1))
    }

    fn response(&self, _request: &Request, _response: &mut Response, state: Ctx) {}

    fn helper(&self) {}
}
