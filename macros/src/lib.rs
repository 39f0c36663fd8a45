//! `#[handler]` for `http-wasm-sdk`: use it through that crate, which documents it.
//!
//! This file only routes. `parse` reads what the author wrote and says what is wrong with it,
//! `expand` writes the implementation of `Handler` and the exports.
#![forbid(unsafe_code)]

mod expand;
mod parse;

use proc_macro::TokenStream;

/// Makes a function or an `impl` block the filter of this guest.
///
/// On a function it is the request hook, and a type of the same name comes to be that implements
/// `Handler`, for tests:
///
/// ```text
/// #[handler]
/// fn filter(request: &mut Request, reply: Reply<'_>) -> Flow { … }
/// ```
///
/// On an `impl` block, `request` is the request hook, `response` the response hook, if there is one,
/// and `new` builds the handler, if there is one; else `Default` does:
///
/// ```text
/// #[handler(buffer_response)]
/// impl Filter {
///     fn new() -> Result<Self, Error> { … }
///     fn request(&mut self, request: &mut Request, reply: Reply<'_>) -> Flow<State> { … }
///     fn response(&mut self, request: &Request, response: &mut Response<Buffered>, state: State) { … }
/// }
/// ```
///
/// Parameters that a hook has no use for can be left off from the end. What the hooks may return is
/// said at `IntoFlow`. State is whatever type `response` takes as its last parameter.
///
/// Arguments declare what the handler needs, and what it is:
///
/// - `buffer_response`: the host holds all responses back until the response hook has returned, which
///   takes them as `&mut Response<Buffered>` and can change them.
/// - `may_buffer_response`: the request hook decides, by `Reply::buffer_response`; the response hook
///   takes `&mut Response<MaybeBuffered>`.
/// - `trailers`: each hook may take `Option<Trailers<'_, …>>` as a last parameter.
/// - `fail_open`: requests go on to the next handler when `new` fails, instead of being answered with
///   a 500.
/// - `part`: this is not the guest, but a part of one; see `chain!`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let original = proc_macro2::TokenStream::from(item.clone());
    match parse::handler(arguments.into(), item.into()) {
        Ok(handler) => expand::handler(&handler),
        Err(error) => {
            // What the author wrote stays, so that one mistake is not followed by complaints about
            // all that uses it.
            let error = error.into_compile_error();
            quote::quote!(#original #error)
        }
    }
    .into()
}
