//! Reads the options of `#[handler(…)]`.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token};

use crate::errors::Errors;

/// What a handler declares.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) buffer_request: bool,
    pub(crate) buffer_response: ResponseBuffering,
    pub(crate) trailers: bool,
    pub(crate) fail_open: bool,
    pub(crate) no_export: bool,
}

/// Which responses the host buffers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ResponseBuffering {
    #[default]
    Never,
    Always,
    /// Those that the request hook chooses.
    Dynamic,
}

const NAMES: &str = "`buffer_request`, `buffer_response`, `buffer_response = \"dynamic\"`, `trailers`, `fail_open`, `no_export`";

/// An option as it is written: `name` or `name = "value"`.
struct Declaration {
    name: Ident,
    value: Option<LitStr>,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }
}

/// Reads the options; `None` where they cannot be read at all.
pub(crate) fn options(arguments: TokenStream, errors: &mut Errors) -> Option<Options> {
    let declarations =
        match Punctuated::<Declaration, Token![,]>::parse_terminated.parse2(arguments) {
            Ok(declarations) => declarations,
            Err(error) => {
                errors.add(
                    error.span(),
                    "#[handler] takes names of options, such as #[handler(buffer_response)]",
                );
                return None;
            }
        };
    let mut options = Options::default();
    for Declaration { name, value } in declarations {
        let text = name.to_string();
        let flag = match &*text {
            "buffer_request" => &mut options.buffer_request,
            "buffer_response" => {
                if options.buffer_response != ResponseBuffering::Never {
                    errors.add(name.span(), "`buffer_response` is declared twice");
                }
                options.buffer_response = match &value {
                    None => ResponseBuffering::Always,
                    Some(value) => {
                        if value.value() != "dynamic" {
                            errors.add(
                                value.span(),
                                "`buffer_response` buffers all responses, `buffer_response = \"dynamic\"` those that \
                                 the request hook chooses; there is no other value",
                            );
                        }
                        ResponseBuffering::Dynamic
                    }
                };
                continue;
            }
            "trailers" => &mut options.trailers,
            "fail_open" => &mut options.fail_open,
            "no_export" => &mut options.no_export,
            _ => {
                errors.add(
                    name.span(),
                    format_args!("unknown option `{text}`; the options are: {NAMES}"),
                );
                continue;
            }
        };
        if core::mem::replace(flag, true) {
            errors.add(name.span(), format_args!("`{text}` is declared twice"));
        }
        if let Some(value) = value {
            errors.add(value.span(), format_args!("`{text}` takes no value"));
        }
    }
    Some(options)
}
