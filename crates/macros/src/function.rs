//! The row of one function: `FnDef` with a shell that fetches each argument from its slot and converts it.

use crate::attributes::{self, Marker, error};
use crate::signature::{self, Default, ParamKind, Parameter, Signature};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, GenericArgument, Ident, ItemFn, PathArguments, Type};

/// What the rows need to know of a Rust function.
pub trait Function {
    fn attrs(&self) -> &[Attribute];
    fn sig(&self) -> &syn::Signature;
}

impl Function for ItemFn {
    fn attrs(&self) -> &[Attribute] {
        &self.attrs
    }
    fn sig(&self) -> &syn::Signature {
        &self.sig
    }
}

impl Function for syn::ImplItemFn {
    fn attrs(&self) -> &[Attribute] {
        &self.attrs
    }
    fn sig(&self) -> &syn::Signature {
        &self.sig
    }
}

/// Strips `#[raw]` from the parameters and says which had it.
pub fn take_raw_params(sig: &mut syn::Signature) -> syn::Result<Vec<bool>> {
    sig.inputs
        .iter_mut()
        .map(|arg| match arg {
            FnArg::Typed(t) => Ok(!attributes::take_markers(&mut t.attrs, &["raw"])?.is_empty()),
            FnArg::Receiver(r) => error(r, "native functions take `vm: &Vm` first, and the object by name"),
        })
        .collect()
}

/// The types of the parameters after `vm`.
pub fn param_types(sig: &syn::Signature) -> syn::Result<Vec<&Type>> {
    let mut types = Vec::new();
    for arg in &sig.inputs {
        match arg {
            FnArg::Typed(t) => types.push(&*t.ty),
            FnArg::Receiver(r) => {
                return error(r, "native functions take `vm: &Vm` first, and the object by name");
            }
        }
    }
    if types.is_empty() {
        return error(&sig.ident, "the first parameter must be `vm: &Vm`");
    }
    types.remove(0);
    Ok(types)
}

fn kind_of(marker: &str) -> (&'static str, Option<&'static str>) {
    match marker {
        "pymethod" | "pyinit" => ("Method", Some("self")),
        "pyclassmethod" | "pynew" => ("ClassMethod", Some("type")),
        "pystaticmethod" => ("StaticMethod", None),
        _ => ("Function", Some("module")),
    }
}

/// The `FnDef` of a `#[pyfn]`, `#[pymethod]`, `#[pyclassmethod]` or `#[pystaticmethod]`, with its `cfg`s.
pub fn row(
    m: &Marker,
    f: &impl Function,
    raw_params: &[bool],
    path: TokenStream,
    owner: TokenStream,
) -> syn::Result<TokenStream> {
    let Some(text) = &m.text else {
        return Err(syn::Error::new(m.span, "expected a signature: \"name(parameters)\""));
    };
    let name = signature::split(&text.value()).0.to_string();
    if name.is_empty() {
        return error(text, "expected a name before the parameters");
    }
    let cfgs = attributes::cfgs(f.attrs());
    let def = def(m, f, raw_params, &path, owner, quote!(#name), &name)?;
    Ok(quote!(#(#cfgs)* #def))
}

/// A `FnDef` expression. `name` is its name as tokens, `shown` as the messages have it.
pub fn def(
    m: &Marker,
    f: &impl Function,
    raw_params: &[bool],
    path: &TokenStream,
    owner: TokenStream,
    name: TokenStream,
    shown: &str,
) -> syn::Result<TokenStream> {
    let doc = attributes::doc(f.attrs());
    let (kind, receiver) = kind_of(&m.kind);
    let kind_ident = Ident::new(kind, Span::call_site());
    let text = m.text.as_ref().map(|t| t.value()).unwrap_or_default();
    let parens = signature::split(&text).1;
    let text_signature = if m.no_text { String::new() } else { signature::text_signature(parens, receiver) };
    let (params, call) = if m.raw {
        let params = quote! { ::taipan_vm::native::Params {
            params: &[], posonly: 0, positional: 0, required: 0, var_args: true, var_kw: true,
        } };
        let convert = returned(f, quote!(#path(vm, args)));
        (params, quote!(::taipan_vm::native::Call::Raw(|vm, args| #convert)))
    } else {
        let sig = signature::parse(&text).map_err(|e| match &m.text {
            Some(t) => syn::Error::new(t.span(), e),
            None => syn::Error::new(m.span, e),
        })?;
        let has_receiver = matches!(kind, "Method" | "ClassMethod");
        if let (None, Some(r)) = (receiver, &sig.receiver) {
            return error(&m.text, format!("a static method has no `${r}`"));
        }
        (
            params_row(&sig, receiver.filter(|_| has_receiver)),
            shell(m, &sig, f, raw_params, path, shown, has_receiver)?,
        )
    };
    Ok(quote! { ::taipan_vm::native::FnDef {
        name: #name,
        owner: ::taipan_vm::native::Owner::#owner,
        text_signature: #text_signature,
        doc: #doc,
        kind: ::taipan_vm::native::FnKind::#kind_ident,
        params: #params,
        call: #call,
    } })
}

fn params_row(sig: &Signature, receiver: Option<&str>) -> TokenStream {
    use ParamKind::*;
    let mut rows: Vec<TokenStream> = Vec::new();
    let (mut posonly, mut positional, mut required) = (0usize, 0usize, 0usize);
    if let Some(r) = receiver {
        let name = if r == "type" { "cls" } else { r };
        rows.push(quote!(::taipan_vm::native::Param { name: #name, required: true }));
        (posonly, positional, required) = (1, 1, 1);
    }
    for p in &sig.params {
        if matches!(p.kind, VarArgs | VarKw) {
            continue;
        }
        let name = &p.name;
        let must = p.default.is_none();
        rows.push(quote!(::taipan_vm::native::Param { name: #name, required: #must }));
        posonly += usize::from(p.kind == PositionalOnly);
        if p.kind != KeywordOnly {
            positional += 1;
            required += usize::from(must);
        }
    }
    let var_args = sig.params.iter().any(|p| p.kind == VarArgs);
    let var_kw = sig.params.iter().any(|p| p.kind == VarKw);
    quote! { ::taipan_vm::native::Params {
        params: &[#(#rows),*],
        posonly: #posonly,
        positional: #positional,
        required: #required,
        var_args: #var_args,
        var_kw: #var_kw,
    } }
}

/// The converted result of `call`.
fn returned(f: &impl Function, call: TokenStream) -> TokenStream {
    let span = match &f.sig().output {
        syn::ReturnType::Type(_, t) => proc_macro2::Span::call_site().located_at(t.span()),
        syn::ReturnType::Default => Span::call_site(),
    };
    quote_spanned!(span=> ::taipan_vm::native::IntoPy::into_py(#call, vm))
}

fn shell(
    m: &Marker,
    sig: &Signature,
    f: &impl Function,
    raw_params: &[bool],
    path: &TokenStream,
    shown: &str,
    has_receiver: bool,
) -> syn::Result<TokenStream> {
    let mut types = param_types(f.sig())?;
    let expected = sig.params.len() + usize::from(has_receiver);
    if types.len() != expected {
        let (given, s) = (types.len(), if expected == 1 { "" } else { "s" });
        return error(
            &f.sig().inputs,
            format!("the signature has {expected} parameter{s}, the function takes {given} after `vm`"),
        );
    }
    let var = sig.params.iter().any(|p| matches!(p.kind, ParamKind::VarArgs | ParamKind::VarKw));
    let mut locals = TokenStream::new();
    let mut args = Vec::new();
    let mut slot = 0usize;
    if has_receiver {
        args.push(receiver(types.remove(0), &m.kind, shown)?);
        slot = 1;
    }
    // `vm` and the receiver come before the parameters of the signature.
    let raw_params = raw_params.get(1 + slot..).unwrap_or(&[]);
    for (i, (p, ty)) in sig.params.iter().zip(&types).enumerate() {
        let raw = raw_params.get(i).copied().unwrap_or(false);
        match p.kind {
            ParamKind::VarArgs => args.push(quote!(bound.rest)),
            ParamKind::VarKw => args.push(quote!(bound.kwrest)),
            _ => {
                let described = describe(sig, p, i, shown);
                args.push(argument(p, ty, slot, raw, &described, &mut locals)?);
                slot += 1;
            }
        }
    }
    let convert = returned(f, quote!(#path(vm #(, #args)*)));
    Ok(if var {
        // `slots` is unused when there is nothing beside `*args` and `**kw`.
        let slots = (slot != 0).then(|| quote!(let slots = bound.slots;));
        quote!(::taipan_vm::native::Call::Var(|vm, bound| { #slots #locals #convert }))
    } else {
        let slots = if slot == 0 { quote!(_) } else { quote!(slots) };
        quote!(::taipan_vm::native::Call::Plain(|vm, #slots| { #locals #convert }))
    })
}

/// How CPython's messages name an argument: `f() argument`, `f() argument 2` or `f() argument 'x'`.
fn describe(sig: &Signature, p: &Parameter, index: usize, shown: &str) -> String {
    match p.kind {
        ParamKind::PositionalOnly if sig.params.len() == 1 => format!("{shown}() argument"),
        ParamKind::PositionalOnly => format!("{shown}() argument {}", index + 1),
        _ => format!("{shown}() argument '{}'", p.name),
    }
}

/// The object or class in slot 0.
fn receiver(ty: &Type, kind: &str, shown: &str) -> syn::Result<TokenStream> {
    let span = proc_macro2::Span::call_site().located_at(ty.span());
    if let Some(t) = gc_of(ty) {
        // Initialisers are only reached through the type's slot, so the descriptor's name is fixed.
        let shown = if kind == "pyinit" { "__init__" } else { shown };
        return Ok(quote_spanned!(span=> ::taipan_vm::native::shell::receiver::<#t>(vm, slots, #shown)?));
    }
    if is_value_ref(ty) {
        return Ok(quote_spanned!(span=> ::taipan_vm::native::shell::slot(vm, slots, 0)?));
    }
    error(ty, "expected `&Value` or `&Gc<…>`")
}

/// The object of a getter, setter or initialiser, given as `obj`.
pub fn object(ty: &Type, shown: &str) -> syn::Result<TokenStream> {
    let span = proc_macro2::Span::call_site().located_at(ty.span());
    if let Some(t) = gc_of(ty) {
        return Ok(quote_spanned!(span=> ::taipan_vm::native::shell::object::<#t>(vm, obj, #shown)?));
    }
    if is_value_ref(ty) {
        return Ok(quote!(obj));
    }
    error(ty, "expected `&Value` or `&Gc<…>`")
}

fn argument(
    p: &Parameter,
    ty: &Type,
    slot: usize,
    raw: bool,
    described: &str,
    locals: &mut TokenStream,
) -> syn::Result<TokenStream> {
    let span = proc_macro2::Span::call_site().located_at(ty.span());
    let Some(default) = &p.default else {
        if raw {
            return error(ty, "#[raw] is for parameters with a default");
        }
        let v = quote_spanned!(span=> ::taipan_vm::native::shell::slot(vm, slots, #slot)?);
        return Ok(converted(ty, v, described));
    };
    let optional = option_of(ty);
    if raw {
        if optional.is_none_or(|t| !is_value_ref(t)) {
            return error(ty, "a #[raw] parameter is an `Option<&Value>`");
        }
        return Ok(quote_spanned!(span=> ::taipan_vm::native::shell::given(slots, #slot)));
    }
    let given = quote_spanned!(span=> ::taipan_vm::native::shell::given(slots, #slot));
    if let Some(inner) = optional {
        // Absent is `None`; so is Python's `None`, unless the default says that the two differ.
        if *default == Default::Unrepresentable {
            let value = converted(inner, quote!(v), described);
            return Ok(quote_spanned! {span=> match #given {
                ::core::option::Option::Some(v) => ::core::option::Option::Some(#value),
                ::core::option::Option::None => ::core::option::Option::None,
            }});
        }
        let or_none = if *default == Default::None { " or None" } else { "" };
        let value = converted_or(inner, quote!(v), described, or_none);
        return Ok(quote_spanned! {span=> match #given {
            ::core::option::Option::Some(v) if !v.is_none() => ::core::option::Option::Some(#value),
            _ => ::core::option::Option::None,
        }});
    }
    if let Some(literal) = rust_literal(default, ty) {
        let value = converted(ty, quote!(v), described);
        return Ok(quote_spanned! {span=> match #given {
            ::core::option::Option::Some(v) => #value,
            ::core::option::Option::None => #literal,
        }});
    }
    let Some(value) = value_literal(default) else {
        return error(ty, format!("the default of `{}` has no literal form: use an `Option`", p.name));
    };
    let local = format_ident!("default{slot}");
    locals.extend(quote!(let #local;));
    let v = quote! { match #given {
        ::core::option::Option::Some(v) => v,
        ::core::option::Option::None => { #local = #value; &#local }
    } };
    Ok(converted(ty, v, described))
}

fn converted(ty: &Type, v: TokenStream, described: &str) -> TokenStream {
    converted_or(ty, v, described, "")
}

/// The value `v` as a `ty`.
fn converted_or(ty: &Type, v: TokenStream, described: &str, or_none: &str) -> TokenStream {
    let span = proc_macro2::Span::call_site().located_at(ty.span());
    let object = |t: TokenStream| quote_spanned!(span=> ::taipan_vm::native::shell::argument::<#t>(vm, #v, #described, #or_none)?);
    if is_value_ref(ty) {
        v
    } else if let Some(t) = gc_of(ty) {
        object(quote!(#t))
    } else if let Some(t) = type_argument(ty, "Gc") {
        let borrowed = object(quote!(#t));
        quote_spanned!(span=> ::core::clone::Clone::clone(#borrowed))
    } else if is_text(ty) {
        let text = object(quote!(::taipan_vm::Str));
        quote_spanned!(span=> ::taipan_vm::native::FromArg::from_arg(vm, #text.as_value())?)
    } else {
        quote_spanned!(span=> ::taipan_vm::native::FromArg::from_arg(vm, #v)?)
    }
}

fn type_word(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(p) if p.qself.is_none() => p.path.get_ident().map(|i| i.to_string()),
        _ => None,
    }
}

/// A default as a literal of a primitive Rust type.
fn rust_literal(default: &Default, ty: &Type) -> Option<TokenStream> {
    let word = type_word(ty)?;
    let text = match (word.as_str(), default) {
        ("f64" | "f32", Default::Int(n)) => format!("{n}.0"),
        ("f64" | "f32", Default::Float(n)) => n.clone(),
        ("bool", Default::True) => "true".to_string(),
        ("bool", Default::False) => "false".to_string(),
        ("bool", Default::Int(n)) => (n != "0").to_string(),
        ("isize" | "usize", Default::Other(t)) if t == "sys.maxsize" => return Some(quote!(isize::MAX as _)),
        (
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize",
            Default::Int(n),
        ) => n.clone(),
        _ => return None,
    };
    text.parse().ok()
}

/// A default as an owned Python value.
fn value_literal(default: &Default) -> Option<TokenStream> {
    let made = match default {
        Default::None => return Some(quote!(::taipan_vm::Value::NONE)),
        Default::True => return Some(quote!(::taipan_vm::Value::TRUE)),
        Default::False => return Some(quote!(::taipan_vm::Value::FALSE)),
        Default::Int(n) => {
            let n: i64 = n.parse().ok()?;
            quote!(#n)
        }
        Default::Float(n) => {
            let n: f64 = n.parse().ok()?;
            quote!(#n)
        }
        Default::Str(s) => quote!(vm.new_str(#s)),
        Default::EmptyTuple => quote!(vm.new_tuple(::std::vec::Vec::new())),
        Default::Unrepresentable | Default::Other(_) => return None,
    };
    Some(quote!(::taipan_vm::native::IntoPy::into_py(#made, vm)?))
}

/// The single type argument of a path that ends in `name<…>`.
fn type_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(p) = ty else { return None };
    let last = p.path.segments.last().filter(|s| s.ident == name)?;
    let PathArguments::AngleBracketed(args) = &last.arguments else { return None };
    args.args.iter().find_map(|a| match a {
        GenericArgument::Type(t) => Some(t),
        _ => None,
    })
}

fn option_of(ty: &Type) -> Option<&Type> {
    type_argument(ty, "Option")
}

/// `T` of `&Gc<T>`.
fn gc_of(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(r) if r.mutability.is_none() => type_argument(&r.elem, "Gc"),
        _ => None,
    }
}

/// `&str` or `String`, whose conversion cannot name the argument.
fn is_text(ty: &Type) -> bool {
    match ty {
        Type::Reference(r) => type_word(&r.elem).is_some_and(|w| w == "str"),
        _ => type_word(ty).is_some_and(|w| w == "String"),
    }
}

fn is_value_ref(ty: &Type) -> bool {
    match ty {
        Type::Reference(r) if r.mutability.is_none() => {
            matches!(&*r.elem, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "Value"))
        }
        _ => false,
    }
}

/// The row of a `#[pyconst]`.
pub fn const_row(
    m: &Marker,
    attrs: &[Attribute],
    ident: &Ident,
    value: TokenStream,
) -> syn::Result<TokenStream> {
    if m.raw || m.no_text {
        return Err(syn::Error::new(m.span, "#[pyconst] takes only a name"));
    }
    let name = m.text.as_ref().map_or_else(|| ident.to_string(), |t| t.value());
    let cfgs = attributes::cfgs(attrs);
    Ok(quote! { #(#cfgs)* ::taipan_vm::native::ConstDef {
        name: #name,
        make: |vm| ::taipan_vm::native::IntoPy::into_py(#value, vm),
    } })
}
