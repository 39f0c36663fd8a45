fn options(_request: &mut Request) {}
::core::compile_error! {
    "unknown option `bufer_response`; the options are: `buffer_request`, `buffer_response`, `buffer_response = \"dynamic\"`, `trailers`, `fail_open`, `no_export`"
}
::core::compile_error! {
    "`trailers` is declared twice"
}
::core::compile_error! {
    "`fail_open` takes no value"
}
impl Values {
    fn request(&self, _request: &mut Request) {}
    fn response(&self) {}
}
::core::compile_error! {
    "`buffer_response` buffers all responses, `buffer_response = \"dynamic\"` those that the request hook chooses; there is no other value"
}
::core::compile_error! {
    "`buffer_response` is declared twice"
}
async fn everything<T>(
    self,
    _request: &mut Request<Buffered>,
    _reply: Reply<'_>,
    _more: T,
) {}
::core::compile_error! {
    "a function is a request hook only, and cannot use a buffered response; put #[handler] on an `impl` block with a `response` hook"
}
::core::compile_error! {
    "`everything` cannot be async: the host waits for its result"
}
::core::compile_error! {
    "`everything` cannot be generic: the host could not choose the parameters; elide lifetimes or write '_"
}
::core::compile_error! {
    "a hook borrows its handler, which also handles later requests: `&mut self`"
}
::core::compile_error! {
    "a function with `self` belongs to a type: put #[handler] on its `impl` block"
}
::core::compile_error! {
    "the request hook takes `request: &mut Request` and `reply: Reply<'_>`, and nothing more; trailers are a further parameter where #[handler(trailers)] declares them"
}
::core::compile_error! {
    "a buffered request has to be declared: #[handler(buffer_request)]"
}
impl<T> Handler for Generic<T> {
    fn response(
        &self,
        _request: &mut Request<Buffered>,
        _response: &mut Response<DynamicBuffering>,
    ) {}
}
::core::compile_error! {
    "#[handler] generates the `impl` of the trait: put it on the inherent `impl` block of your type"
}
::core::compile_error! {
    "a handler cannot be generic: the host could not choose the parameters"
}
::core::compile_error! {
    "the response hook can only read the request, since hosts trap on changes after the next handler: `&Request`"
}
::core::compile_error! {
    "the response hook takes `&Request`, whose body was forwarded: read it in the request hook"
}
::core::compile_error! {
    "dynamic buffering has to be declared: #[handler(buffer_response = \"dynamic\")]"
}
::core::compile_error! {
    "a handler has a request hook: `fn request(&mut self, request: &mut Request, reply: Reply<'_>)`"
}
struct Filter;
::core::compile_error! {
    "#[handler] goes on a function, which is the request hook, or on an `impl` block with the hooks"
}
