impl Unbuffered {
    fn request(&self, _request: &mut Request) {}
    fn response(
        &self,
        _request: &Request,
        response: &mut Response,
    ) -> Result<(), Error> {
        Ok(())
    }
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Unbuffered {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = true;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(<Unbuffered as ::core::default::Default>::default())
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
        >::into_flow(<Unbuffered>::request(self, request))
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
            <Unbuffered>::response(self, request, response),
        )
    }
}
::http_wasm_sdk::__export!(Unbuffered);
impl WithState {
    fn request(&self, _request: &mut Request) -> Flow<Ctx> {
        Flow::Continue(Ctx(1))
    }
    fn response(&self, _request: &Request, _response: &mut Response, state: Ctx) {}
    fn helper(&self) {}
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for WithState {
    type State = Ctx;
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Unbuffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: false,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = true;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(<WithState as ::core::default::Default>::default())
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
        >::into_flow(<WithState>::request(self, request))
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
            <WithState>::response(self, request, response, state),
        )
    }
}
::http_wasm_sdk::__export!(WithState);
