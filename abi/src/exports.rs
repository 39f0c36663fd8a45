//! What a guest exports: names and types that every host checks before the first request.

use crate::{Signature, ValueType};

/// Calls a macro with the names of the functions that a guest exports.
///
/// `export_names!([path::to::callback] …)` expands to `callback! { request "…"; response "…";
/// start "…"; … }`, so that an attribute, which takes only literals, can use a name without a second
/// copy of it.
#[macro_export]
macro_rules! export_names {
    ([$($callback:tt)+] $($rest:tt)*) => {
        $($callback)+! {
            request "handle_request";
            response "handle_response";
            start "_start";
            $($rest)*
        }
    };
}

macro_rules! define {
    (request $request:literal; response $response:literal; start $start:literal;) => {
        /// The request hook, `() -> i64`; see [`CtxNext`](crate::CtxNext).
        pub const HANDLE_REQUEST: &str = $request;
        /// The response hook, `(req_ctx: i32, is_error: i32)`.
        pub const HANDLE_RESPONSE: &str = $response;
        /// Optional: runs once per instance, before the first request, `()`.
        pub const START: &str = $start;
    };
}

export_names!([define]);

/// The guest's linear memory; every pointer of the ABI points into it.
pub const MEMORY: &str = "memory";
/// Optional: runs once per instance, after [`START`] and before the first request, `()`. Compilers put
/// it into a *reactor*, a module without a main program. Some hosts do not call it.
pub const INITIALIZE: &str = "_initialize";

/// Type of [`HANDLE_REQUEST`].
pub const HANDLE_REQUEST_SIGNATURE: Signature =
    Signature { params: &[], result: Some(ValueType::I64) };
/// Type of [`HANDLE_RESPONSE`].
pub const HANDLE_RESPONSE_SIGNATURE: Signature =
    Signature { params: &[ValueType::I32, ValueType::I32], result: None };
/// Type of [`START`] and [`INITIALIZE`].
pub const START_SIGNATURE: Signature = Signature { params: &[], result: None };

/// Every function that a guest may export to a host, with its type and whether it must.
pub const FUNCTIONS: [(&str, Signature, bool); 4] = [
    (HANDLE_REQUEST, HANDLE_REQUEST_SIGNATURE, true),
    (HANDLE_RESPONSE, HANDLE_RESPONSE_SIGNATURE, true),
    (START, START_SIGNATURE, false),
    (INITIALIZE, START_SIGNATURE, false),
];
