#[handler]
impl Counter {
    fn request(&mut self, _request: &mut Request) {
        self.count += 1;
    }
}

#[handler]
impl filters::Stateless {
    fn request(_: &mut Request, reply: Reply<'_>) -> Responded {
        reply.body("hello")
    }
}
