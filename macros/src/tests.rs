//! Holds the expansions to reviewed files: `tests/expand/NAME.rs` has items as an author writes them,
//! `NAME.expanded.rs` what they become. `UPDATE_EXPECT=1 cargo test -p http-wasm-macros` writes the
//! latter anew, for a review of the difference.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, File, Item, Meta, Path as SynPath, Token};

/// Removes the first attribute that `read` takes.
fn take<T>(attributes: &mut Vec<Attribute>, read: impl Fn(&Attribute) -> Option<T>) -> Option<T> {
    let (index, taken) = attributes
        .iter()
        .enumerate()
        .find_map(|(index, attribute)| Some((index, read(attribute)?)))?;
    attributes.remove(index);
    Some(taken)
}

/// The arguments of `#[handler]`.
fn handler_arguments(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::Path(path) if path.is_ident("handler") => Some(TokenStream::new()),
        Meta::List(list) if list.path.is_ident("handler") => Some(list.tokens.clone()),
        _ => None,
    }
}

/// Whether this is `#[derive(Config)]`.
fn derives_config(attribute: &Attribute) -> Option<()> {
    let Meta::List(list) = &attribute.meta else { return None };
    let derived = list.parse_args_with(Punctuated::<SynPath, Token![,]>::parse_terminated).ok()?;
    (list.path.is_ident("derive") && derived.iter().any(|path| path.is_ident("Config")))
        .then_some(())
}

/// What an item becomes: for a derived type, what is added to it.
fn expand(mut item: Item) -> TokenStream {
    let attributes = match &mut item {
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        _ => panic!("not an item with an attribute of this crate: {}", item.to_token_stream()),
    };
    if let Some(arguments) = take(attributes, handler_arguments) {
        return crate::expand_handler(arguments, item.into_token_stream());
    }
    take(attributes, derives_config).expect("the item has #[handler] or #[derive(Config)]");
    crate::expand_config(item.into_token_stream())
}

fn parse(path: &Path, text: &str) -> File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares an input file with its expected file; gives what differs.
fn check(input: &Path) -> Option<String> {
    let items = parse(input, &fs::read_to_string(input).unwrap()).items;
    let expansion: TokenStream = items.into_iter().map(expand).collect();
    let found = prettyplease::unparse(&parse(input, &expansion.to_string()));
    let path = input.with_extension("expanded.rs");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    // Parsed and printed, both of them: the format of the file does not matter.
    if prettyplease::unparse(&parse(&path, &expected)) == found {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, found).unwrap();
        return None;
    }
    Some(format!("{} does not have this expansion:\n{found}", path.display()))
}

#[test]
fn items_expand_to_the_reviewed_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (expected, mut inputs): (Vec<PathBuf>, Vec<PathBuf>) =
        files.partition(|path| path.to_str().unwrap().ends_with(".expanded.rs"));
    inputs.sort();
    let failures: Vec<_> = inputs.iter().filter_map(|input| check(input)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for path in expected {
        let input = path.with_extension("").with_extension("rs");
        assert!(inputs.contains(&input), "{} has no input", path.display());
    }
}
