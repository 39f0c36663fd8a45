fn upload(request: &mut Request<Buffered>) -> Result<(), Error> {
    Ok(())
}
///The handler whose request hook is the function `upload`.
#[allow(non_camel_case_types)]
#[derive(Debug)]
struct upload {}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for upload {
    type State = ();
    type Buffering = ::http_wasm_sdk::Unbuffered;
    type RequestBuffering = ::http_wasm_sdk::Buffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: true,
        buffer_response: false,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = false;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(upload {})
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
        ::http_wasm_sdk::__private::IntoFlow::<Self::State>::into_flow(upload(request))
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
::http_wasm_sdk::__export!(upload, start);
impl Both {
    fn request(&self, request: &mut Request<Buffered>) {}
    fn response(&self, request: &Request, response: &mut Response<Buffered>) {}
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Both {
    type State = ();
    type Buffering = ::http_wasm_sdk::Buffered;
    type RequestBuffering = ::http_wasm_sdk::Buffered;
    const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
        buffer_request: true,
        buffer_response: true,
        trailers: false,
    };
    const HAS_RESPONSE_HOOK: bool = true;
    const FAIL_OPEN: bool = false;
    const EXPORTED: bool = true;
    #[inline]
    fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
        ::core::result::Result::Ok(<Both as ::core::default::Default>::default())
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
        >::into_flow(<Both>::request(self, request))
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
            <Both>::response(self, request, response),
        )
    }
}
::http_wasm_sdk::__export!(Both, start);
impl Dynamic {
    fn request(&self, request: &mut Request, reply: Reply<'_>) {}
    fn response(&self, request: &Request, response: &mut Response<DynamicBuffering>) {}
}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for Dynamic {
    type State = ();
    type Buffering = ::http_wasm_sdk::DynamicBuffering;
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
        ::core::result::Result::Ok(<Dynamic as ::core::default::Default>::default())
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
        >::into_flow(<Dynamic>::request(self, request, reply))
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
            <Dynamic>::response(self, request, response),
        )
    }
}
::http_wasm_sdk::__export!(Dynamic);
