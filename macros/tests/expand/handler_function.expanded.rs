/// A request hook that forwards.
fn mark(request: &mut Request) {
    request.headers_mut().insert(name!("x-marked"), value!("1"));
}
///The handler whose request hook is the function `mark`.
#[allow(non_camel_case_types)]
#[derive(Debug)]
struct mark {}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for mark {
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
        ::core::result::Result::Ok(mark {})
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
        ::http_wasm_sdk::__private::IntoFlow::<Self::State>::into_flow(mark(request))
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
::http_wasm_sdk::__export!(mark);
pub(crate) fn door(
    _request: &mut Request,
    reply: Reply<'_>,
) -> Result<Option<Responded>, Error> {
    Ok(Some(reply.status(StatusCode::FORBIDDEN).end()))
}
///The handler whose request hook is the function `door`.
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub(crate) struct door {}
#[allow(unused_variables)]
impl ::http_wasm_sdk::Handler for door {
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
        ::core::result::Result::Ok(door {})
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
        >::into_flow(door(request, reply))
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
::http_wasm_sdk::__export!(door);
