//! Parses and validates the item under `#[derive(Config)]`, and reports all errors at once.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Type, Variant};

use crate::errors::Errors;

/// A configuration type as the author wrote it.
pub(crate) struct Config {
    pub(crate) name: Ident,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    Struct {
        fields: Vec<Field>,
        ignore_unknown: bool,
    },
    /// The variants, each with its name in configurations.
    Enum(Vec<(Ident, String)>),
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Its name in configurations.
    pub(crate) name: String,
    pub(crate) default: Option<Default>,
}

/// The value of a field that the configuration does not have.
pub(crate) enum Default {
    OfType(Span),
    Expression(Box<Expr>),
}

pub(crate) fn config(input: TokenStream) -> Result<Config, Error> {
    let input: DeriveInput = syn::parse2(input)?;
    let mut errors = Errors::default();
    if !input.generics.params.is_empty() {
        errors.add(
            input.generics.span(),
            "a configuration type cannot be generic: write out the type",
        );
    }
    let mut ignore_unknown = false;
    let is_struct = matches!(input.data, Data::Struct(_));
    each_option(&input.attrs, &mut errors, |meta| {
        if is_struct && meta.path.is_ident("ignore_unknown") {
            ignore_unknown = true;
            return Ok(());
        }
        Err(meta.error(if is_struct {
            "unknown option of a struct; there is: `ignore_unknown`"
        } else {
            "unknown option: an enum has none, its variants have `rename = \"...\"`"
        }))
    });
    let shape = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => {
                let fields = named.named.iter().filter_map(|field| {
                    let ident = field.ident.clone()?;
                    Some(read_field(ident, &field.ty, &field.attrs, &mut errors))
                });
                let fields: Vec<_> = fields.collect();
                check_names(fields.iter().map(|field| (&field.ident, &*field.name)), &mut errors);
                Some(Shape::Struct { fields, ignore_unknown })
            }
            Fields::Unnamed(_) | Fields::Unit => {
                errors.add(
                    input.ident.span(),
                    "#[derive(Config)] needs a struct with named fields, which are the keys of the configuration",
                );
                None
            }
        },
        Data::Enum(data) => {
            if data.variants.is_empty() {
                errors.add(input.ident.span(), "an enum without variants has no value");
            }
            let variants: Vec<_> =
                data.variants.iter().map(|variant| read_variant(variant, &mut errors)).collect();
            check_names(variants.iter().map(|(ident, name)| (ident, &**name)), &mut errors);
            Some(Shape::Enum(variants))
        }
        Data::Union(_) => {
            errors.add(input.ident.span(), "#[derive(Config)] goes on a struct or an enum");
            None
        }
    };
    errors.into_result()?;
    match shape {
        Some(shape) => Ok(Config { name: input.ident, shape }),
        None => Err(Error::new(Span::call_site(), "#[derive(Config)] could not read this")),
    }
}

/// Calls `read` with each option of the `#[config(...)]` attributes.
fn each_option(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&ParseNestedMeta<'_>) -> Result<(), Error>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("config")) {
        if let Err(error) = attribute.parse_nested_meta(|meta| read(&meta)) {
            errors.add_error(error);
        }
    }
}

fn read_field(ident: Ident, ty: &Type, attributes: &[Attribute], errors: &mut Errors) -> Field {
    let mut name = plain(&ident);
    let mut default = None;
    each_option(attributes, errors, |meta| {
        if meta.path.is_ident("default") {
            if default.is_some() {
                return Err(meta.error("`default` is declared twice"));
            }
            default = Some(if meta.input.peek(syn::Token![=]) {
                Default::Expression(Box::new(meta.value()?.parse()?))
            } else {
                Default::OfType(meta.path.span())
            });
            Ok(())
        } else if meta.path.is_ident("rename") {
            name = renamed(meta)?;
            Ok(())
        } else {
            Err(meta.error(
                "unknown option of a field; there is: `default`, `default = expression`, `rename = \"...\"`",
            ))
        }
    });
    Field { ident, ty: ty.clone(), name, default }
}

fn read_variant(variant: &Variant, errors: &mut Errors) -> (Ident, String) {
    if !matches!(variant.fields, Fields::Unit) {
        errors.add(
            variant.fields.span(),
            "a variant cannot have fields, since it is read by its name alone: put them into a struct beside it",
        );
    }
    let mut name = plain(&variant.ident);
    each_option(&variant.attrs, errors, |meta| {
        if meta.path.is_ident("rename") {
            name = renamed(meta)?;
            Ok(())
        } else {
            Err(meta.error("unknown option of a variant; there is: `rename = \"...\"`"))
        }
    });
    (variant.ident.clone(), name)
}

fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

fn renamed(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    let literal: LitStr = meta.value()?.parse()?;
    let name = literal.value();
    if letters(&name).is_empty() || name.contains(',') || name.trim() != name {
        return Err(Error::new(
            literal.span(),
            "a name has letters or digits, no comma, and no blanks around it",
        ));
    }
    Ok(name)
}

/// The part of a name that is compared, as in the reader of the SDK.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// Reports names that are the same to the reader.
fn check_names<'n>(names: impl Iterator<Item = (&'n Ident, &'n str)>, errors: &mut Errors) {
    let mut seen = BTreeMap::new();
    for (ident, name) in names {
        let letters = letters(name);
        if letters.is_empty() {
            errors
                .add(ident.span(), "a name of configurations has letters: use `rename = \"...\"`");
        }
        if let Some(other) = seen.insert(letters, name) {
            errors.add(
                ident.span(),
                format_args!(
                    "`{name}` and `{other}` are the same name in a configuration, where case, `_` and `-` do not matter"
                ),
            );
        }
    }
}
