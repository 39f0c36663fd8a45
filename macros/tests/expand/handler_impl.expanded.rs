impl Counter {
    fn request(&mut self, _request: &mut Request) {
        self.count += 1;
    }
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Counter {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = false;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(<Counter as ::core::default::Default>::default())
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
        >::into_flow(<Counter>::request(self, request))
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
::http_wasm_sdk::__export!(Counter);
impl filters::Stateless {
    fn request(_: &mut Request, reply: Reply<'_>) -> Responded {
        reply.body("hello")
    }
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for filters::Stateless {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = false;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(
            <filters::Stateless as ::core::default::Default>::default(),
        )
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
        >::into_flow(<filters::Stateless>::request(request, reply))
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
::http_wasm_sdk::__export!(filters::Stateless);
