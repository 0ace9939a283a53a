//! `#[pytype]` and `#[pymethods]`.

use crate::attributes::{self, Marker, error};
use crate::function;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, ImplItem, Item, ItemImpl, ItemStruct, LitStr, Token, Type};

#[derive(Default)]
struct TypeArgs {
    name: Option<LitStr>,
    module: Option<LitStr>,
    signature: Option<LitStr>,
    flags: Vec<Ident>,
    base: Option<Type>,
    var_layout: bool,
    no_methods: bool,
    no_slots: bool,
}

impl Parse for TypeArgs {
    fn parse(input: ParseStream) -> syn::Result<TypeArgs> {
        let mut args = TypeArgs::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "flags" => {
                    let list;
                    syn::parenthesized!(list in input);
                    args.flags.extend(Punctuated::<Ident, Token![,]>::parse_terminated(&list)?);
                }
                "no_methods" => args.no_methods = true,
                "no_slots" => args.no_slots = true,
                word => {
                    input.parse::<Token![=]>()?;
                    match word {
                        "name" => args.name = Some(input.parse()?),
                        "module" => args.module = Some(input.parse()?),
                        "signature" => args.signature = Some(input.parse()?),
                        "base" => args.base = Some(input.parse()?),
                        "layout" => {
                            let layout: Ident = input.parse()?;
                            if layout != "var" {
                                return Err(syn::Error::new(layout.span(), "expected `var`"));
                            }
                            args.var_layout = true;
                        }
                        _ => {
                            return Err(syn::Error::new(
                                key.span(),
                                "expected `name`, `module`, `signature`, `flags`, `base`, `layout`, `no_methods` or \
                                 `no_slots`",
                            ));
                        }
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

pub fn expand_type(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let args: TypeArgs = syn::parse2(args)?;
    let mut item: Item = syn::parse2(item)?;
    // On `impl Slots for T` the layout is written elsewhere.
    let (ty, doc, own_layout) = match &item {
        Item::Struct(s) if !s.generics.params.is_empty() => {
            return error(&s.generics, "a native type cannot be generic");
        }
        Item::Struct(s) => {
            let ident = &s.ident;
            (quote!(#ident), attributes::doc(&s.attrs), !args.var_layout)
        }
        Item::Impl(i) => {
            let ty = &i.self_ty;
            (quote!(#ty), attributes::doc(&i.attrs), false)
        }
        _ => return error(&item, "#[pytype] goes on a struct or an `impl Slots for …`"),
    };
    let Some(name) = args.name else { return error(&ty, "#[pytype] needs `name = \"…\"`") };
    let module = args.module.map_or_else(|| "builtins".to_string(), |m| m.value());
    let signature = args.signature.map(|s| s.value()).unwrap_or_default();
    let flags = args.flags.iter();

    let (methods, getset, consts, new, init) = if args.no_methods {
        (quote!(&[]), quote!(&[]), quote!(&[]), quote!(None), quote!(None))
    } else {
        let of = quote!(<#ty as ::taipan_vm::native::Methods>);
        (quote!(#of::METHODS), quote!(#of::GETSET), quote!(#of::CONSTS), quote!(#of::NEW), quote!(#of::INIT))
    };
    let slots = if args.no_slots {
        quote!(::taipan_vm::types::typedef::SlotDefs::NONE)
    } else {
        quote!(<#ty as ::taipan_vm::types::typedef::Slots>::SLOTS)
    };
    let layout = own_layout.then(|| quote!(::taipan_vm::fixed_layout!(#ty);));
    let (base, check) = match &args.base {
        None => (quote!(None), None),
        Some(b) => {
            let base = quote!(Some(<#b as ::taipan_vm::object::Payload>::def));
            let check = match &mut item {
                Item::Struct(s) if own_layout => Some(base_check(s, b)?),
                _ => None,
            };
            (base, check)
        }
    };
    Ok(quote! {
        #item
        #layout
        #check
        impl #ty {
            /// The name in Python.
            #[doc(hidden)]
            #[allow(dead_code)]
            pub(crate) const PY_NAME: &'static str = #name;
        }
        impl ::taipan_vm::object::Payload for #ty {
            fn def() -> &'static ::taipan_vm::types::typedef::TypeDef {
                use ::core::option::Option::{self, None, Some};
                use ::taipan_vm::types::typedef::{F, SlotDefs, TypeDef};
                const SLOTS: SlotDefs = #slots;
                const NEW: Option<::taipan_vm::native::NewFn> = #new;
                const INIT: Option<::taipan_vm::native::InitFn> = #init;
                static ID: ::core::sync::atomic::AtomicU32 = ::core::sync::atomic::AtomicU32::new(0);
                static DEF: TypeDef = TypeDef {
                    name: #name,
                    module: #module,
                    doc: #doc,
                    signature: #signature,
                    base: #base,
                    flags: 0 #(| F::#flags)*,
                    slots: SlotDefs {
                        new: if NEW.is_some() { NEW } else { SLOTS.new },
                        init: if INIT.is_some() { INIT } else { SLOTS.init },
                        ..SLOTS
                    },
                    methods: #methods,
                    getset: #getset,
                    consts: #consts,
                    fns: <#ty as ::taipan_heap::Layout>::FNS,
                    id: &ID,
                };
                &DEF
            }
        }
    })
}

/// A payload with a base begins with the base's payload: says so to the compiler, and makes it check the first field.
fn base_check(item: &mut ItemStruct, base: &Type) -> syn::Result<TokenStream> {
    let ident = &item.ident;
    let Some(first) = item.fields.members().next() else {
        return error(ident, "with `base`, the first field must be the base's payload");
    };
    if !item.attrs.iter().any(|a| a.path().is_ident("repr")) {
        item.attrs.push(syn::parse_quote!(#[repr(C)]));
    }
    // Raw pointers do not coerce through `Deref`, so this accepts only the base itself.
    Ok(quote! {
        const _: fn(&#ident) -> *const #base = |x| &raw const x.#first;
    })
}

const MARKERS: &[&str] = &[
    "pynew",
    "pyinit",
    "pymethod",
    "pyclassmethod",
    "pystaticmethod",
    "pygetter",
    "pymember",
    "pysetter",
    "pyconst",
];

/// A getter and its setter.
struct GetSet {
    name: String,
    member: bool,
    cfgs: Vec<syn::Attribute>,
    doc: String,
    get: TokenStream,
    set: TokenStream,
}

pub fn expand_methods(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !args.is_empty() {
        return error(args, "#[pymethods] takes no arguments");
    }
    let mut item: ItemImpl = syn::parse2(item)?;
    if !item.generics.params.is_empty() || item.trait_.is_some() {
        return error(&item.self_ty, "#[pymethods] needs a plain `impl Type`");
    }
    let ty = (*item.self_ty).clone();
    let owner = quote!(Type(<#ty as ::taipan_vm::object::Payload>::def));
    let mut methods = Vec::new();
    let mut getset: Vec<GetSet> = Vec::new();
    let mut setters = Vec::new();
    let mut consts = Vec::new();
    let (mut new, mut init) = (None, None);
    for entry in &mut item.items {
        match entry {
            ImplItem::Fn(f) => {
                let markers = attributes::take_markers(&mut f.attrs, MARKERS)?;
                if markers.is_empty() {
                    continue;
                }
                let raw_params = function::take_raw_params(&mut f.sig)?;
                let ident = &f.sig.ident;
                let path = quote!(<#ty>::#ident);
                for m in &markers {
                    match m.kind.as_str() {
                        "pynew" => put(&mut new, m, new_shell(m, f, &raw_params, &path, &ty)?)?,
                        "pyinit" => put(&mut init, m, init_shell(m, f, &raw_params, &path, &ty)?)?,
                        "pygetter" | "pymember" => getset.push(getter(m, f, &path)?),
                        "pysetter" => setters.push((m.span, setter(m, f, &path)?)),
                        "pyconst" => consts.push(function::const_row(m, &f.attrs, ident, quote!(#path(vm)))?),
                        _ => methods.push(function::row(m, f, &raw_params, path.clone(), owner.clone())?),
                    }
                }
            }
            ImplItem::Const(c) => {
                let ident = &c.ident;
                for m in attributes::take_markers(&mut c.attrs, &["pyconst"])? {
                    consts.push(function::const_row(&m, &c.attrs, ident, quote!(<#ty>::#ident))?);
                }
            }
            _ => {}
        }
    }
    for (span, (name, set)) in setters {
        match getset.iter_mut().find(|g| g.name == name) {
            Some(g) => g.set = set,
            None => return Err(syn::Error::new(span, format!("no #[pygetter(\"{name}\")] to pair with"))),
        }
    }
    let getset = getset.iter().map(|GetSet { name, member, cfgs, doc, get, set }| {
        quote! { #(#cfgs)* ::taipan_vm::native::GetSetDef {
            name: #name, doc: #doc, member: #member, get: #get, set: #set,
        } }
    });
    let none = || quote!(::core::option::Option::None);
    let new = new.unwrap_or_else(none);
    let init = init.unwrap_or_else(none);
    Ok(quote! {
        // Signatures are Python's.
        #[allow(clippy::new_ret_no_self, clippy::too_many_arguments)]
        #item
        impl ::taipan_vm::native::Methods for #ty {
            const METHODS: &'static [::taipan_vm::native::FnDef] = &[#(#methods),*];
            const GETSET: &'static [::taipan_vm::native::GetSetDef] = &[#(#getset),*];
            const CONSTS: &'static [::taipan_vm::native::ConstDef] = &[#(#consts),*];
            const NEW: ::core::option::Option<::taipan_vm::native::NewFn> = #new;
            const INIT: ::core::option::Option<::taipan_vm::native::InitFn> = #init;
        }
    })
}

fn put(place: &mut Option<TokenStream>, m: &Marker, value: TokenStream) -> syn::Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new(m.span, format!("a second #[{}]", m.kind))),
    }
}

/// A `FnDef` under the type's name, for the binder.
fn constructor_def(
    m: &Marker,
    f: &syn::ImplItemFn,
    raw_params: &[bool],
    path: &TokenStream,
    ty: &Type,
) -> syn::Result<TokenStream> {
    if m.text.is_none() {
        return Err(syn::Error::new(m.span, "expected `raw` or a signature: \"(parameters)\""));
    }
    let text = m.text.as_ref().map(|t| t.value()).unwrap_or_default();
    let written = crate::signature::split(&text).0;
    let name = if written.is_empty() { quote!(<#ty>::PY_NAME) } else { quote!(#written) };
    let shown = if !written.is_empty() {
        written.to_string()
    } else {
        match ty {
            Type::Path(p) => {
                p.path.segments.last().map(|s| s.ident.to_string().to_lowercase()).unwrap_or_default()
            }
            _ => String::new(),
        }
    };
    function::def(m, f, raw_params, path, quote!(Constructor), name, &shown)
}

fn new_shell(
    m: &Marker,
    f: &syn::ImplItemFn,
    raw_params: &[bool],
    path: &TokenStream,
    ty: &Type,
) -> syn::Result<TokenStream> {
    if m.raw {
        return Ok(quote! { ::core::option::Option::Some(|vm, cls, args| {
            ::taipan_vm::native::IntoPy::into_py(#path(vm, cls, args), vm)
        }) });
    }
    let def = constructor_def(m, f, raw_params, path, ty)?;
    Ok(quote! { ::core::option::Option::Some(|vm, cls, args| {
        static DEF: ::taipan_vm::native::FnDef = #def;
        ::taipan_vm::native::shell::call_bound(vm, &DEF, cls.as_value(), args)
    }) })
}

fn init_shell(
    m: &Marker,
    f: &syn::ImplItemFn,
    raw_params: &[bool],
    path: &TokenStream,
    ty: &Type,
) -> syn::Result<TokenStream> {
    if m.raw {
        let types = function::param_types(&f.sig)?;
        let Some(first) = types.first() else { return error(&f.sig, "expected `(vm, object, args)`") };
        let obj = function::object(first, "__init__")?;
        return Ok(quote!(::core::option::Option::Some(|vm, obj, args| #path(vm, #obj, args))));
    }
    let def = constructor_def(m, f, raw_params, path, ty)?;
    Ok(quote! { ::core::option::Option::Some(|vm, obj, args| {
        static DEF: ::taipan_vm::native::FnDef = #def;
        ::taipan_vm::native::shell::call_bound(vm, &DEF, obj, args).map(|_| ())
    }) })
}

fn attribute_name(m: &Marker, f: &syn::ImplItemFn) -> syn::Result<String> {
    if m.raw || m.no_text {
        return Err(syn::Error::new(m.span, format!("#[{}] takes only a name", m.kind)));
    }
    Ok(m.text.as_ref().map_or_else(|| f.sig.ident.to_string(), |t| t.value()))
}

fn getter(m: &Marker, f: &syn::ImplItemFn, path: &TokenStream) -> syn::Result<GetSet> {
    let name = attribute_name(m, f)?;
    let types = function::param_types(&f.sig)?;
    let [first] = types[..] else { return error(&f.sig.inputs, "a getter takes `(vm, object)`") };
    let obj = function::object(first, &name)?;
    Ok(GetSet {
        cfgs: attributes::cfgs(&f.attrs).into_iter().cloned().collect(),
        doc: attributes::doc(&f.attrs),
        get: quote!(|vm, obj| ::taipan_vm::native::IntoPy::into_py(#path(vm, #obj), vm)),
        set: quote!(::core::option::Option::None),
        member: m.kind == "pymember",
        name,
    })
}

fn setter(m: &Marker, f: &syn::ImplItemFn, path: &TokenStream) -> syn::Result<(String, TokenStream)> {
    let name = attribute_name(m, f)?;
    let types = function::param_types(&f.sig)?;
    let [first, _] = types[..] else { return error(&f.sig.inputs, "a setter takes `(vm, object, value)`") };
    let obj = function::object(first, &name)?;
    let set = quote!(::core::option::Option::Some(|vm, obj, value| #path(vm, #obj, value)));
    Ok((name, set))
}
