//! `#[handler]` for `http-wasm-sdk`: use it through that crate, which documents it.
//!
//! This file only routes. `parse` reads what the author wrote and says what is wrong with it,
//! `expand` writes the implementation of `Handler` and the exports; `config_parse` and
//! `config_expand` do the same for types of configuration.
#![forbid(unsafe_code)]

mod config_expand;
mod config_parse;
mod errors;
mod expand;
mod options;
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
/// and `new` builds the handler, if there is one; else `Default` does. Where `new` takes a parameter,
/// that is the configuration, of any type that can be read from it (`#[derive(Config)]`):
///
/// ```text
/// #[handler(buffer_response)]
/// impl Filter {
///     fn new(settings: Settings) -> Result<Self, Error> { … }
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
/// - `buffer_request`: the host holds the bodies of all requests in memory, so that the request hook,
///   which takes the request as `&mut Request<Buffered>`, can read and change them.
/// - `buffer_response`: the host holds all responses back until the response hook has returned, which
///   takes them as `&mut Response<Buffered>` and can change them.
/// - `may_buffer_response`: the request hook decides, by `Reply::buffer_response`; the response hook
///   takes `&mut Response<DynamicBuffering>`.
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

/// Makes a type readable from the configuration: implements `FromConfig`.
///
/// A struct is read from an object whose keys are its fields. Keys match without regard to case, `_`,
/// `-` and blanks; a key that is no field, or that is given twice, is an error, and so is one that is
/// missing, unless the field is an `Option`, a struct whose own fields may all be missing, or has a
/// default. An enum of variants without fields is read from the name of one, matched like a key.
///
/// ```text
/// #[derive(Config)]
/// struct Settings {
///     limit: u32,
///     #[config(default = "hello")]
///     greeting: String,
///     #[config(default, rename = "type")]
///     kind: Kind,
/// }
///
/// #[derive(Config, Default)]
/// enum Kind {
///     #[default]
///     Plain,
///     Fancy,
/// }
/// ```
///
/// On a field:
/// - `#[config(default)]`: what `Default` gives where the key is missing or `null`.
/// - `#[config(default = expression)]`: this value.
/// - `#[config(rename = "name")]`, also on a variant: another name than that of the field.
///
/// On a struct:
/// - `#[config(ignore_unknown)]`: keys that are no fields are ignored.
#[proc_macro_derive(Config, attributes(config))]
pub fn config(item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match config_parse::config(item.clone()) {
        Ok(config) => config_expand::config(&config),
        Err(error) => {
            // An implementation of no use, so that one mistake is not followed by complaints about all
            // that wants one.
            let error = error.into_compile_error();
            let placeholder = config_expand::placeholder(item);
            quote::quote!(#placeholder #error)
        }
    }
    .into()
}
