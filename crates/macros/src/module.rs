//! `#[pymodule]`.

use crate::attributes::{self, error};
use crate::function;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Item, ItemMod, LitStr, Token, Type};

struct Args {
    name: LitStr,
}

impl Parse for Args {
    fn parse(input: ParseStream) -> syn::Result<Args> {
        let key: Ident = input.parse()?;
        if key != "name" {
            return Err(syn::Error::new(key.span(), "expected `name = \"…\"`"));
        }
        input.parse::<Token![=]>()?;
        let name = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Args { name })
    }
}

pub fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Args { name } = syn::parse2(args)?;
    let mut module: ItemMod = syn::parse2(item)?;
    let doc = attributes::doc(&module.attrs);
    let Some((_, items)) = &mut module.content else {
        return error(&module, "#[pymodule] needs an inline module: `mod name { … }`");
    };

    let mut functions = Vec::new();
    let mut consts = Vec::new();
    let mut types = Vec::new();
    let mut init = None;
    for item in items.iter_mut() {
        match item {
            Item::Fn(f) => {
                let markers = attributes::take_markers(&mut f.attrs, &["pyfn", "pyconst", "pyinit"])?;
                if markers.is_empty() {
                    continue;
                }
                let raw_params = function::take_raw_params(&mut f.sig)?;
                let ident = &f.sig.ident;
                for m in &markers {
                    match m.kind.as_str() {
                        "pyfn" => functions.push(function::row(
                            m,
                            f,
                            &raw_params,
                            quote!(#ident),
                            quote!(Module(#name)),
                        )?),
                        "pyconst" => {
                            consts.push(function::const_row(m, &f.attrs, ident, quote!(#ident(vm)))?)
                        }
                        _ if init.is_some() => return Err(syn::Error::new(m.span, "a second #[pyinit]")),
                        _ => init = Some(quote!(#ident)),
                    }
                }
            }
            Item::Const(c) => {
                let ident = &c.ident;
                for m in attributes::take_markers(&mut c.attrs, &["pyconst"])? {
                    consts.push(function::const_row(&m, &c.attrs, ident, quote!(#ident))?);
                }
            }
            Item::Macro(m) if m.mac.path.is_ident("pytypes") => {
                let listed = m.mac.parse_body_with(Punctuated::<Type, Token![,]>::parse_terminated)?;
                let cfgs = attributes::cfgs(&m.attrs);
                for ty in listed {
                    types.push(quote!(#(#cfgs)* <#ty as ::taipan_vm::object::Payload>::def));
                }
                *item = Item::Verbatim(TokenStream::new());
            }
            _ => {}
        }
    }
    let init = match init {
        Some(f) => quote!(::core::option::Option::Some(#f)),
        None => quote!(::core::option::Option::None),
    };
    items.push(Item::Verbatim(quote! {
        /// The module as data.
        pub static MODULE: ::taipan_vm::native::ModuleDef = ::taipan_vm::native::ModuleDef {
            name: #name,
            doc: #doc,
            functions: &[#(#functions),*],
            consts: &[#(#consts),*],
            types: &[#(#types),*],
            init: #init,
        };
    }));
    // Signatures are Python's.
    Ok(quote!(#[allow(clippy::too_many_arguments)] #module))
}
