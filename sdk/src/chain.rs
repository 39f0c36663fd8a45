//! Several handlers in one guest.

use crate::backend::Needs;
use crate::buffering::Unbuffered;
use crate::error::Error;
use crate::handler::{Flow, Handler};
use crate::request::Request;
use crate::response::{Reply, Response};
use crate::trailers::Trailers;

/// Runs one handler after the other: the second is the next handler of the first.
///
/// The request hooks run in order until one short-circuits, the response hooks in reverse. Where one
/// short-circuits, no response hook runs, as the host calls none. [`chain!`](crate::chain!) makes guests of these.
impl<A: Handler, B: Handler> Handler for (A, B) {
    type State = (A::State, B::State);
    /// Each handler gets request and response as it declares them itself; the needs are those of all.
    type Buffering = Unbuffered;
    type RequestBuffering = Unbuffered;
    const NEEDS: Needs = A::NEEDS.union(B::NEEDS);
    const HAS_RESPONSE_HOOK: bool = A::HAS_RESPONSE_HOOK || B::HAS_RESPONSE_HOOK;
    /// A chain fails open if all of its handlers do.
    const FAIL_OPEN: bool = A::FAIL_OPEN && B::FAIL_OPEN;
    const EXPORTED: bool = A::EXPORTED || B::EXPORTED;

    fn new() -> Result<Self, Error> {
        Ok((A::new()?, B::new()?))
    }

    fn request(
        &mut self,
        request: &mut Request,
        reply: Reply<'_>,
        mut trailers: Option<Trailers<'_>>,
    ) -> Result<Flow<Self::State>, Error> {
        let first = request.lend(|request| {
            self.0.request(request, reply.reborrow(), trailers.as_mut().map(Trailers::reborrow))
        })?;
        let first = match first {
            Flow::Continue(first) => first,
            Flow::Stop(responded) => return Ok(Flow::Stop(responded)),
        };
        if let Some(responded) = reply.responded() {
            return Ok(Flow::Stop(responded));
        }
        Ok(match request.lend(|request| self.1.request(request, reply, trailers))? {
            Flow::Continue(second) => Flow::Continue((first, second)),
            Flow::Stop(responded) => Flow::Stop(responded),
        })
    }

    fn response(
        &mut self,
        request: &Request,
        response: &mut Response,
        (first, second): Self::State,
        trailers: Option<Trailers<'_, Unbuffered>>,
    ) -> Result<(), Error> {
        let trailers = trailers.as_ref();
        response.lend(|response| {
            let trailers = trailers.map(Trailers::for_handler);
            let done = self.1.response(request, response, second, trailers);
            response.close(done);
        });
        response.lend(|response| {
            let trailers = trailers.map(Trailers::for_handler);
            let done = self.0.response(request, response, first, trailers);
            response.close(done);
        });
        Ok(())
    }
}

/// Makes one guest of several handlers, each declared by `#[handler(no_export)]`:
/// `chain!(pub Filter = First, Second, Third)` defines the type `Filter`, whose requests pass through
/// them in this order.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler(no_export)]
/// fn no_cookies(request: &mut Request) {
///     request.headers_mut().remove(known::COOKIE);
/// }
///
/// #[handler(no_export)]
/// fn mark(request: &mut Request) {
///     request.headers_mut().insert(name!("x-marked"), value!("1"));
/// }
///
/// http_wasm_sdk::chain!(pub Filter = no_cookies, mark);
/// # fn main() {
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<Filter>(&Scenario::get("/").header("cookie", "a=b"));
/// # assert_eq!(outcome.upstream_header("cookie"), None);
/// # assert_eq!(outcome.upstream_header("x-marked"), Some("1"));
/// # }
/// ```
#[macro_export]
macro_rules! chain {
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $($part:ty),+ $(,)?) => {
        $(#[$attribute])*
        $visibility type $name = $crate::chain!(@nest $($part),+);
        $crate::__export!($name, start);
        // Natively nothing would tell, and a linker tells of two symbols.
        $(const _: () = assert!(
            !<$part as $crate::Handler>::EXPORTED,
            concat!(
                "`", stringify!($part), "` is a guest by itself, and a guest has one handler: declare it by \
                 #[handler(no_export)] to have it in a chain"
            ),
        );)+
    };
    (@nest $last:ty) => { $last };
    (@nest $first:ty, $($rest:ty),+) => { ($first, $crate::chain!(@nest $($rest),+)) };
}
