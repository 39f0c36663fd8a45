//! Finds functions that look like hooks and are none: a misspelt hook is never called, and nothing else
//! would tell.

use syn::spanned::Spanned;
use syn::{
    FnArg, GenericArgument, ImplItem, ImplItemFn, ItemImpl, PathArguments, ReturnType, Type,
};

use crate::errors::Errors;
use crate::options::{Options, ResponseBuffering};

/// What the host calls, and what builds the handler.
const HOOKS: [&str; 3] = ["request", "response", "new"];

/// Reports functions of the block that look like hooks under another name, and a declaration for a
/// response hook that is not there.
pub(crate) fn check(block: &ItemImpl, options: &Options, errors: &mut Errors) {
    let functions = || {
        block.items.iter().filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })
    };
    let has = |name: &str| functions().any(|function| function.sig.ident == name);
    let mut found_response = has("response");
    for function in
        functions().filter(|function| !HOOKS.iter().any(|hook| function.sig.ident == hook))
    {
        let name = function.sig.ident.to_string();
        let takes = |names: &[&str]| takes_reference(function, names);
        let similar = similar_hook(&name).filter(|_| takes(&["Request", "Response"]));
        let hook = if !has("response") && takes(&["Response"]) {
            found_response = true;
            "response"
        } else if let Some(hook) = similar {
            hook
        } else if !has("new") && is_constructor(function, &block.self_ty) {
            "new"
        } else {
            continue;
        };
        errors.add(
            function.sig.ident.span(),
            format_args!(
                "`{name}` looks like a hook and is not called: name it `{hook}`, or move it to an `impl` block without \
                 #[handler]"
            ),
        );
    }
    let option = match options.buffer_response {
        ResponseBuffering::Never => return,
        ResponseBuffering::Always => "buffer_response",
        ResponseBuffering::Dynamic => "buffer_response = \"dynamic\"",
    };
    if !found_response {
        errors.add(
            block.self_ty.span(),
            format_args!(
                "#[handler({option})] is for a handler that changes responses, and this one has no response hook: \
                 `fn response(&self, request: &Request, response: &mut Response<…>)`"
            ),
        );
    }
}

/// Whether a parameter is a reference to a type of one of these names, with whatever parameters.
fn takes_reference(function: &ImplItemFn, names: &[&str]) -> bool {
    function.sig.inputs.iter().any(|input| {
        let FnArg::Typed(parameter) = input else { return false };
        let Type::Reference(reference) = &*parameter.ty else { return false };
        let Type::Path(path) = &*reference.elem else { return false };
        path.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
    })
}

/// Whether a function builds the handler from nothing or from one value: by its name, `Self`, or a
/// `Result` of it.
fn is_constructor(function: &ImplItemFn, handler: &Type) -> bool {
    let ReturnType::Type(_, output) = &function.sig.output else { return false };
    let name = |ty: &Type| match ty {
        Type::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    let is_handler =
        |ty: &Type| name(ty).is_some_and(|found| found == "Self" || Some(found) == name(handler));
    let of_result = |ty: &Type| {
        let Type::Path(path) = ty else { return false };
        let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
            return false;
        };
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
        matches!(arguments.args.first(), Some(GenericArgument::Type(ty)) if is_handler(ty))
    };
    function.sig.receiver().is_none()
        && function.sig.inputs.len() < 2
        && (is_handler(output) || of_result(output))
}

/// The hook that somebody who wrote this name may have meant.
fn similar_hook(name: &str) -> Option<&'static str> {
    const AROUND: [&str; 5] = ["on", "handle", "handler", "hook", "do"];
    let name = name.to_lowercase();
    let bare: String = name.split('_').filter(|word| !AROUND.contains(word)).collect();
    HOOKS.into_iter().find(|hook| *hook != "new" && distance(bare.as_bytes(), hook.as_bytes()) <= 2)
}

/// How many letters have to be added, dropped, replaced or swapped with the next one to make one word of
/// another.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in to.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(letter != wanted))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && from[i - 1] == *wanted && to[j - 1] == *letter {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_somebody_may_have_meant_for_a_hook() {
        for name in [
            "respone",
            "resposne",
            "responce",
            "Response",
            "on_response",
            "response_hook",
            "handle_response",
        ] {
            assert_eq!(similar_hook(name), Some("response"), "{name}");
        }
        for name in ["reqest", "requset", "requests", "on_request", "handle_request"] {
            assert_eq!(similar_hook(name), Some("request"), "{name}");
        }
        for name in ["is_allowed", "rewrite", "refuse", "respond_with_page", "reset", ""] {
            assert_eq!(similar_hook(name), None, "{name}");
        }
    }
}
