//! Generates the implementation of `Handler`, and the exports.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::options::ResponseBuffering;
use crate::parse::{Handler, Hook, Source};

pub(crate) fn handler(handler: &Handler) -> TokenStream {
    let item = &handler.item;
    let (ty, definition, new, request, response) = match &handler.source {
        Source::Function { visibility, hook } => {
            let name = &hook.name;
            let doc = format!("The handler whose request hook is the function `{name}`.");
            let definition = quote! {
                #[doc = #doc]
                #[allow(non_camel_case_types)]
                #[derive(Debug)]
                #visibility struct #name {}
            };
            let request = flow(hook, &quote!(#name));
            (quote!(#name), definition, quote!(::core::result::Result::Ok(#name {})), request, None)
        }
        Source::Impl { ty, new, request, response } => {
            let build = match new {
                Some(hook) => {
                    let name = &hook.name;
                    let config = hook.parameters.iter().map(|config| {
                        quote_spanned!(config.span()=> ::http_wasm_sdk::__private::load_config::<#config>()?)
                    });
                    quote_spanned!(name.span()=> ::http_wasm_sdk::__private::IntoHandler::into_handler(<#ty>::#name(#(#config)*)))
                }
                None => {
                    quote_spanned!(ty.span()=> ::core::result::Result::Ok(<#ty as ::core::default::Default>::default()))
                }
            };
            let path = |hook: &Hook| {
                let name = &hook.name;
                quote_spanned!(name.span()=> <#ty>::#name)
            };
            let request = flow(request, &path(request));
            let response = response.as_ref().map(|hook| {
                let state = hook.parameters.get(2).map_or_else(|| quote!(()), |ty| quote!(#ty));
                let call = call(hook, &path(hook), &["request", "response", "state", "trailers"]);
                let done = quote_spanned!(hook.output.resolved_at(Span::call_site())=>
                    ::http_wasm_sdk::__private::IntoDone::into_done);
                (state, quote!(#done(#call)))
            });
            (quote!(#ty), TokenStream::new(), build, request, response)
        }
    };
    let has_response_hook = response.is_some();
    let (state, response) =
        response.unwrap_or_else(|| (quote!(()), quote!(::core::result::Result::Ok(()))));
    let options = &handler.options;
    let buffer_request = options.buffer_request;
    let request_buffering = if buffer_request {
        quote!(::http_wasm_sdk::Buffered)
    } else {
        quote!(::http_wasm_sdk::Unbuffered)
    };
    let buffer_response = options.buffer_response == ResponseBuffering::Always;
    let buffering = match options.buffer_response {
        ResponseBuffering::Never => quote!(::http_wasm_sdk::Unbuffered),
        ResponseBuffering::Always => quote!(::http_wasm_sdk::Buffered),
        ResponseBuffering::Dynamic => quote!(::http_wasm_sdk::DynamicBuffering),
    };
    let trailers = options.trailers;
    let fail_open = options.fail_open;
    // `_start` enables features, and does nothing else.
    let start = (buffer_request || buffer_response || trailers).then(|| quote!(, start));
    let [request_, reply, response_, state_, trailers_] =
        ["request", "reply", "response", "state", "trailers"]
            .map(|name| parameter(name, Span::call_site()));
    let exported = !options.no_export;
    let export = exported.then(|| quote!(::http_wasm_sdk::__export!(#ty #start);));
    quote! {
        #item
        #definition

        #[allow(unused_variables)]
        impl ::http_wasm_sdk::Handler for #ty {
            type State = #state;
            type Buffering = #buffering;
            type RequestBuffering = #request_buffering;
            const NEEDS: ::http_wasm_sdk::Needs = ::http_wasm_sdk::Needs {
                buffer_request: #buffer_request,
                buffer_response: #buffer_response,
                trailers: #trailers,
            };
            const HAS_RESPONSE_HOOK: bool = #has_response_hook;
            const FAIL_OPEN: bool = #fail_open;
            const EXPORTED: bool = #exported;

            #[inline]
            fn new() -> ::core::result::Result<Self, ::http_wasm_sdk::Error> {
                #new
            }

            #[inline]
            fn request(
                &mut self,
                #request_: &mut ::http_wasm_sdk::Request<Self::RequestBuffering>,
                #reply: ::http_wasm_sdk::Reply<'_>,
                #trailers_: ::core::option::Option<::http_wasm_sdk::Trailers<'_>>,
            ) -> ::core::result::Result<::http_wasm_sdk::Flow<Self::State>, ::http_wasm_sdk::Error> {
                #request
            }

            #[inline]
            fn response(
                &mut self,
                #request_: &::http_wasm_sdk::Request,
                #response_: &mut ::http_wasm_sdk::Response<Self::Buffering>,
                #state_: Self::State,
                #trailers_: ::core::option::Option<::http_wasm_sdk::Trailers<'_, Self::Buffering>>,
            ) -> ::core::result::Result<(), ::http_wasm_sdk::Error> {
                #response
            }
        }

        #export
    }
}

/// Calls a request hook, and converts its result into that of the trait. A type error is shown where the
/// author wrote the type.
fn flow(hook: &Hook, path: &TokenStream) -> TokenStream {
    let call = call(hook, path, &["request", "reply", "trailers"]);
    let into_flow = quote_spanned!(hook.output.resolved_at(Span::call_site())=>
        ::http_wasm_sdk::__private::IntoFlow::<Self::State>::into_flow);
    quote!(#into_flow(#call))
}

/// Calls a hook with as many of the arguments as it takes. Each has the span of the parameter, so that a
/// type error is shown there.
fn call(hook: &Hook, path: &TokenStream, arguments: &[&str]) -> TokenStream {
    let receiver = hook.receiver.then(|| quote!(self,));
    let arguments = hook.parameters.iter().zip(arguments).map(|(parameter, argument)| {
        let argument = self::parameter(argument, parameter.span());
        quote!(#argument)
    });
    quote!(#path(#receiver #(#arguments),*))
}

/// Names a parameter of the trait's functions, with the span `place`. It is hygienic, so it does not
/// shadow a hook of the same name.
fn parameter(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}
