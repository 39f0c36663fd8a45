fn function(_request: &mut Request, reply: Reply<'_>, trailers: Option<Trailers<'_>>) {}
///The handler whose request hook is the function `function`.
#[allow(non_camel_case_types)]
#[derive(Debug)]
struct function {}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for function {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: true,
    };
    const HAS_RESPONSE_HOOK: bool = false;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(function {})
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
        >::into_flow(function(request, reply, trailers))
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
::http_wasm_sdk::__export!(function, start);
impl Summing {
    fn request(&mut self, _request: &mut Request) {}
    fn response(
        &mut self,
        _request: &Request,
        response: &mut Response<Buffered>,
        state: (),
        trailers: Option<Trailers<'_, Buffered>>,
    ) {}
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Summing {
    type State = ();
    type Buffering = ::http_wasm_sdk::Buffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: true,
        trailers: true,
    };
    const HAS_RESPONSE_HOOK: bool = true;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(<Summing as ::core::default::Default>::default())
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
        >::into_flow(<Summing>::request(self, request))
    }
    #[inline]
    fn response(
        &mut self,
        request: &::http_wasm_sdk::Request,
        response: &mut ::http_wasm_sdk::Response<Self::Buffering>,
        state: Self::State,
        trailers: ::core::option::Option<::http_wasm_sdk::Trailers<'_, Self::Buffering>>,
    ) -> ::core::result::Result<(), ::http_wasm_sdk::Error> {
        ::http_wasm_sdk::__private::IntoDone::into_done(
            <Summing>::response(self, request, response, state, trailers),
        )
    }
}
::http_wasm_sdk::__export!(Summing, start);
