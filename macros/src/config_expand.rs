//! Generates the implementation of `FromConfig`.
//!
//! It calls code that all types share, and adds little more than a call per field, so that a large
//! configuration is not a large guest.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr, ExprLit, Lit};

use crate::config_parse::{Config, Default, Field, Shape};

pub(crate) fn config(config: &Config) -> TokenStream {
    let name = &config.name;
    // A hygienic name, which the author's expressions cannot see.
    let value = Ident::new("value", Span::mixed_site());
    let body = match &config.shape {
        Shape::Struct { fields, ignore_unknown } => of_struct(fields, *ignore_unknown, &value),
        Shape::Enum(variants) => of_enum(variants, &value),
    };
    quote! {
        #[automatically_derived]
        impl ::http_wasm_sdk::config::FromConfig for #name {
            fn from_config(
                #value: &mut ::http_wasm_sdk::config::Value<'_>,
            ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
                #body
            }
        }
    }
}

/// Generates an implementation beside errors, for a type with any generic parameters.
pub(crate) fn placeholder(item: TokenStream) -> TokenStream {
    let Ok(DeriveInput { ident, generics, .. }) = syn::parse2(item) else {
        return TokenStream::new();
    };
    let (parameters, arguments, conditions) = generics.split_for_impl();
    quote! {
        impl #parameters ::http_wasm_sdk::config::FromConfig for #ident #arguments #conditions {
            fn from_config(
                _: &mut ::http_wasm_sdk::config::Value<'_>,
            ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
                ::core::unimplemented!()
            }
        }
    }
}

/// Joins names as the reader takes them, and as messages show them.
fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn of_struct(fields: &[Field], ignore_unknown: bool, value: &Ident) -> TokenStream {
    let found = Ident::new("found", Span::mixed_site());
    // Without fields, a message about unknown keys names `none`, which matches no key.
    let none = fields.is_empty().then_some("none");
    let names = joined(fields.iter().map(|field| &*field.name).chain(none));
    let count = fields.len();
    let fields = fields.iter().enumerate().map(|(index, field)| {
        let Field { ident, ty, default, .. } = field;
        let span = ty.span().resolved_at(Span::mixed_site());
        let go = quote!(#value.field(&#found, #index));
        let read = quote_spanned! {span=>
            <#ty as ::http_wasm_sdk::config::FromConfig>::from_config(#value)?
        };
        match default {
            None => quote!(#ident: { #go; #read }),
            Some(default) => {
                let default = of_default(default, ty);
                quote!(#ident: if #go { #read } else { #default })
            }
        }
    });
    quote! {
        let mut #found = ::http_wasm_sdk::config::Fields::<[::core::option::Option<&[u8]>; #count]> {
            names: #names,
            ignore_unknown: #ignore_unknown,
            path: 0,
            values: [::core::option::Option::None; #count],
        };
        #value.object(&mut #found)?;
        ::core::result::Result::Ok(Self { #(#fields),* })
    }
}

fn of_default(default: &Default, ty: &syn::Type) -> TokenStream {
    match default {
        Default::OfType(span) => {
            let span = span.resolved_at(Span::mixed_site());
            quote_spanned!(span=> <#ty as ::core::default::Default>::default())
        }
        // An author writes a text as the default of a `String`.
        Default::Expression(expression) if is_text(expression) => {
            let span = ty.span().resolved_at(Span::mixed_site());
            quote_spanned!(span=> <#ty as ::http_wasm_sdk::config::DefaultText>::of(#expression))
        }
        Default::Expression(expression) => {
            let fallback = Ident::new("fallback", Span::mixed_site());
            quote!({ let #fallback: #ty = #expression; #fallback })
        }
    }
}

fn is_text(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(ExprLit { lit: Lit::Str(_), .. }))
}

fn of_enum(variants: &[(Ident, String)], value: &Ident) -> TokenStream {
    let names = joined(variants.iter().map(|(_, name)| &**name));
    let Some(((last, _), rest)) = variants.split_last() else { return TokenStream::new() };
    let arms =
        rest.iter().enumerate().map(|(index, (variant, _))| quote!(#index => Self::#variant));
    quote! {
        ::core::result::Result::Ok(match #value.one_of(#names)? {
            #(#arms,)*
            _ => Self::#last,
        })
    }
}
