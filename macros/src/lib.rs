//! `#[handler]` and `#[derive(Config)]` for `http-wasm-sdk`: use them through that crate.
//!
//! This file only routes. `options`, `parse` and `lookalikes` read and validate what the author wrote, `expand`
//! generates the implementation of `Handler` and the exports; `config_parse` and `config_expand` do the
//! same for configuration types.
#![forbid(unsafe_code)]

mod config_expand;
mod config_parse;
mod errors;
mod expand;
mod lookalikes;
mod options;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;

/// Makes a function or an `impl` block the filter of this guest.
///
/// A function is the request hook; a type of the same name is generated that implements `Handler`, for
/// tests:
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
/// Other functions of the block are helpers; one that looks like a hook, by its name or its parameters, is an error,
/// as it may be a misspelt one.
///
/// Parameters that a hook does not need can be left off at the end. `IntoFlow` lists what the hooks may
/// return. State is whatever type `response` takes after the response.
///
/// Options declare what the handler needs:
///
/// - `buffer_request`: the host buffers the bodies of all requests, so that the request hook, which takes
///   the request as `&mut Request<Buffered>`, can read and change them.
/// - `buffer_response`: the host buffers all responses until the response hook has returned, which takes
///   them as `&mut Response<Buffered>` and can change them.
/// - `buffer_response = "dynamic"`: the request hook decides, by `Reply::buffer_response`; the response
///   hook takes `&mut Response<DynamicBuffering>`.
/// - `trailers`: each hook may take `Option<Trailers<'_, …>>` as a last parameter.
/// - `fail_open`: requests pass through when `new` fails, instead of getting a 500.
/// - `no_export`: the handler is not the guest itself, but a part of it; see `chain!`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand_handler(arguments.into(), item.into()).into()
}

fn expand_handler(arguments: TokenStream2, item: TokenStream2) -> TokenStream2 {
    match parse::handler(arguments, item.clone()) {
        Ok(handler) => expand::handler(&handler),
        Err(error) => {
            // The item stays, so that one mistake is not followed by errors at every use of it.
            let error = error.into_compile_error();
            quote!(#item #error)
        }
    }
}

/// Implements `FromConfig`, so that a type can be read from the configuration.
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
/// - `#[config(default)]`: the value of `Default` where the key is missing or `null`.
/// - `#[config(default = expression)]`: this value.
/// - `#[config(rename = "name")]`, also on a variant: this name instead of that of the field.
///
/// On a struct:
/// - `#[config(ignore_unknown)]`: keys that are no fields are ignored.
#[proc_macro_derive(Config, attributes(config))]
pub fn config(item: TokenStream) -> TokenStream {
    expand_config(item.into()).into()
}

fn expand_config(item: TokenStream2) -> TokenStream2 {
    match config_parse::config(item.clone()) {
        Ok(config) => config_expand::config(&config),
        Err(error) => {
            // A placeholder, so that one mistake is not followed by errors at every use of the type.
            let error = error.into_compile_error();
            let placeholder = config_expand::placeholder(item);
            quote!(#placeholder #error)
        }
    }
}
