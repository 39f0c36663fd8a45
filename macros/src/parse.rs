//! Parses and validates the item under `#[handler]`, and reports all errors at once.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{
    Error, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemFn, ItemImpl, PathArguments,
    ReturnType, Signature, Type, TypeReference, Visibility,
};

use crate::errors::Errors;
use crate::lookalikes;
use crate::options::{Options, ResponseBuffering, options};

/// A handler as the author wrote it.
pub(crate) struct Handler {
    /// The item, which the expansion repeats.
    pub(crate) item: TokenStream,
    pub(crate) source: Source,
    pub(crate) options: Options,
}

pub(crate) enum Source {
    /// A function: the request hook of a handler without a value.
    Function { visibility: Visibility, hook: Hook },
    /// An `impl` block.
    Impl { ty: Box<Type>, new: Option<Hook>, request: Hook, response: Option<Hook> },
}

/// A function of the handler that the generated code calls.
pub(crate) struct Hook {
    pub(crate) name: Ident,
    /// Whether it takes `self`.
    pub(crate) receiver: bool,
    /// The types of its parameters, without `self`.
    pub(crate) parameters: Vec<Type>,
    /// The span of its result, or of its name where it has none.
    pub(crate) output: Span,
}

pub(crate) fn handler(arguments: TokenStream, item: TokenStream) -> Result<Handler, Error> {
    let mut errors = Errors::default();
    let Some(options) = options(arguments, &mut errors) else {
        errors.into_result()?;
        return Err(Error::new(Span::call_site(), "#[handler] could not read its arguments"));
    };
    let source = if let Ok(function) = syn::parse2::<ItemFn>(item.clone()) {
        function_source(&function, &options, &mut errors)
    } else if let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) {
        impl_source(&block, &options, &mut errors)
    } else {
        errors.add(
            first_span(&item),
            "#[handler] goes on a function, which is the request hook, or on an `impl` block with the hooks",
        );
        None
    };
    errors.into_result()?;
    match source {
        Some(source) => Ok(Handler { item, source, options }),
        None => Err(Error::new(first_span(&item), "#[handler] could not read this")),
    }
}

fn first_span(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn function_source(function: &ItemFn, options: &Options, errors: &mut Errors) -> Option<Source> {
    if options.buffer_response != ResponseBuffering::Never {
        errors.add(
            function.sig.ident.span(),
            "a function is a request hook only, and cannot use a buffered response; put #[handler] on an \
             `impl` block with a `response` hook",
        );
    }
    let hook = hook(&function.sig, errors);
    if hook.receiver {
        errors.add(
            function.sig.ident.span(),
            "a function with `self` belongs to a type: put #[handler] on its `impl` block",
        );
    }
    check_request_hook(&function.sig, &hook, options, errors);
    Some(Source::Function { visibility: function.vis.clone(), hook })
}

fn impl_source(block: &ItemImpl, options: &Options, errors: &mut Errors) -> Option<Source> {
    if let Some((path, _)) = &block.trait_ {
        errors.add(
            path.span(),
            "#[handler] generates the `impl` of the trait: put it on the inherent `impl` block of your type",
        );
    }
    if !block.generics.params.is_empty() {
        errors.add(
            block.generics.span(),
            "a handler cannot be generic: the host could not choose the parameters",
        );
    }
    let find = |name: &str| {
        block.items.iter().find_map(|item| match item {
            ImplItem::Fn(function) if function.sig.ident == name => Some(function),
            _ => None,
        })
    };
    let new = find("new").map(|function| new_hook(function, errors));
    let request = find("request").map(|function| {
        let hook = hook(&function.sig, errors);
        check_request_hook(&function.sig, &hook, options, errors);
        hook
    });
    if block.trait_.is_none() {
        lookalikes::check(block, options, errors);
    }
    let response = find("response").map(|function| response_hook(function, options, errors));
    if request.is_none() {
        errors.add(
            block.self_ty.span(),
            "a handler has a request hook: `fn request(&mut self, request: &mut Request, reply: Reply<'_>)`",
        );
    }
    Some(Source::Impl { ty: block.self_ty.clone(), new, request: request?, response })
}

fn hook(signature: &Signature, errors: &mut Errors) -> Hook {
    let name = &signature.ident;
    let mut refuse = |found: Option<Span>, what: &str, why: &str| {
        if let Some(span) = found {
            errors.add(span, format_args!("`{name}` cannot be {what}: {why}"));
        }
    };
    refuse(signature.asyncness.map(|token| token.span()), "async", "the host waits for its result");
    refuse(
        (!signature.generics.params.is_empty()).then(|| signature.generics.span()),
        "generic",
        "the host could not choose the parameters; elide lifetimes or write '_",
    );
    refuse(signature.abi.as_ref().map(Spanned::span), "extern", "#[handler] exports it");
    let mut receiver = false;
    let mut parameters = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(found) => {
                receiver = true;
                if !matches!(found.kind, syn::ReceiverKind::Reference(..)) {
                    errors.add(found.span(), "a hook borrows its handler, which also handles later requests: `&mut self`");
                }
            }
            FnArg::Typed(parameter) => parameters.push((*parameter.ty).clone()),
        }
    }
    let output = match &signature.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    Hook { name: name.clone(), receiver, parameters, output }
}

fn new_hook(function: &ImplItemFn, errors: &mut Errors) -> Hook {
    let hook = hook(&function.sig, errors);
    if hook.receiver || hook.parameters.len() > 1 {
        errors.add(
            function.sig.inputs.span(),
            "`new` builds the handler from nothing or from its configuration: `fn new() -> Self`, \
             `fn new(config: Settings) -> Self` where `Settings` has #[derive(Config)], or a `Result` of it",
        );
    }
    hook
}

fn check_request_hook(signature: &Signature, hook: &Hook, options: &Options, errors: &mut Errors) {
    check_extra(
        hook,
        2,
        options,
        "the request hook takes `request: &mut Request` and `reply: Reply<'_>`",
        errors,
    );
    if let Some(request) = hook.parameters.first() {
        let declared = options.buffer_request.then_some(("buffer_request", "Buffered"));
        check_buffering(request, "Request", declared, errors);
    } else {
        errors.add(
            signature.ident.span(),
            "the request hook takes the request: `request: &mut Request`, and after it, if need be, `reply: Reply<'_>`",
        );
    }
}

fn response_hook(function: &ImplItemFn, options: &Options, errors: &mut Errors) -> Hook {
    let hook = hook(&function.sig, errors);
    if let Some(Type::Reference(TypeReference { mutability: Some(mutability), .. })) =
        hook.parameters.first()
    {
        errors.add(
            mutability.span(),
            "the response hook can only read the request, since hosts trap on changes after the next handler: `&Request`",
        );
    }
    let found = hook.parameters.first().and_then(|ty| buffering(ty, "Request"));
    if let Some((span, _)) = found.filter(|(_, found)| found != UNBUFFERED) {
        errors.add(
            span,
            "the response hook takes `&Request`, whose body was forwarded: read it in the request hook",
        );
    }
    if let Some(response) = hook.parameters.get(1) {
        let declared = match options.buffer_response {
            ResponseBuffering::Never => None,
            ResponseBuffering::Always => Some(("buffer_response", "Buffered")),
            ResponseBuffering::Dynamic => {
                Some(("buffer_response = \"dynamic\"", "DynamicBuffering"))
            }
        };
        check_buffering(response, "Response", declared, errors);
    }
    let takes =
        "the response hook takes `request: &Request`, `response: &mut Response` and the state";
    check_extra(&hook, 3, options, takes, errors);
    hook
}

/// The type of a message whose body the host does not buffer.
const UNBUFFERED: &str = "Unbuffered";

/// Finds how a parameter says that `message` is buffered, and its span: `&mut Request<Buffered>`. `None` for
/// any other type, which is left to the compiler.
fn buffering(ty: &Type, message: &str) -> Option<(Span, String)> {
    let Type::Reference(reference) = ty else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == message)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some((last.span(), UNBUFFERED.to_owned()));
    };
    let Some(GenericArgument::Type(Type::Path(argument))) = arguments.args.first() else {
        return None;
    };
    Some((last.span(), argument.path.segments.last()?.ident.to_string()))
}

/// Reports a message that is buffered in another way than the handler declares.
fn check_buffering(ty: &Type, message: &str, declared: Option<(&str, &str)>, errors: &mut Errors) {
    let Some((span, found)) = buffering(ty, message) else { return };
    let side = message.to_lowercase();
    match declared {
        Some((option, wanted)) if found != wanted => errors.add(
            span,
            format_args!(
                "with #[handler({option})] the hook takes the {side} as `&mut {message}<{wanted}>`"
            ),
        ),
        None if found == "Buffered" => errors.add(
            span,
            format_args!("a buffered {side} has to be declared: #[handler(buffer_{side})]"),
        ),
        None if found == "DynamicBuffering" && message == "Response" => errors.add(
            span,
            "dynamic buffering has to be declared: #[handler(buffer_response = \"dynamic\")]",
        ),
        _ => {}
    }
}

/// Reports parameters beyond those of a hook; trailers are one more where they are declared.
fn check_extra(hook: &Hook, usual: usize, options: &Options, takes: &str, errors: &mut Errors) {
    let allowed = usual + usize::from(options.trailers);
    if let Some(extra) = hook.parameters.get(allowed) {
        let trailers = if options.trailers {
            ", and the trailers"
        } else {
            ", and nothing more; trailers are a further parameter where #[handler(trailers)] declares them"
        };
        errors.add(extra.span(), format_args!("{takes}{trailers}"));
    }
}
