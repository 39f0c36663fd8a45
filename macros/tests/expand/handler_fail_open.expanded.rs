impl Optional {
    fn new() -> Result<Self, Error> {
        Err(Error::new("no"))
    }
    fn request(&self, _request: &mut Request) {}
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Optional {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = false;
    const FAIL_OPEN: bool = true;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::http_wasm_sdk::__private::IntoHandler::into_handler(<Optional>::new())
    }
    #[inline]
    fn request(
        &mut self,
        request: &mut ::http_wasm_sdk::Request<Self::RequestBuffering>,
        reply: ::http_wasm_sdk::Reply<'_>,
        trailers: ::core::option::Option<::http_wasm_sdk::Trailers<'_>>,
    ) -> ::core::result::Result<
        ::http_wasm_sdk::Flow<Self::State>,
        ::http_wasm_sdk::Error,
    > {
        ::http_wasm_sdk::__private::IntoFlow::<
            Self::State,
        >::into_flow(<Optional>::request(self, request))
    }
    #[inline]
    fn response(
        &mut self,
        request: &::http_wasm_sdk::Request,
        response: &mut ::http_wasm_sdk::Response<Self::Buffering>,
        state: Self::State,
        trailers: ::core::option::Option<::http_wasm_sdk::Trailers<'_, Self::Buffering>>,
    ) -> ::core::result::Result<(), ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(())
    }
}
::http_wasm_sdk::__export!(Optional);
