//! `#[derive(Trace)]`: each field not marked `#[notrace]` is shown, cleared and taken.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields};

pub fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let name = &input.ident;
    let mut generics = input.generics.clone();
    for p in generics.type_params_mut() {
        p.bounds.push(syn::parse_quote!(::taipan_heap::Trace));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();

    let arms: Vec<Arm> = match &input.data {
        Data::Struct(s) => vec![arm(quote!(Self), &s.fields)],
        Data::Enum(e) => e
            .variants
            .iter()
            .map(|v| {
                let variant = &v.ident;
                arm(quote!(Self::#variant), &v.fields)
            })
            .collect(),
        Data::Union(_) => return Err(syn::Error::new(name.span(), "a union cannot be traced")),
    };
    let pattern: Vec<_> = arms.iter().map(|a| &a.pattern).collect();
    let trace = arms.iter().map(|a| &a.trace);
    let clear = arms.iter().map(|a| &a.clear);
    let take = arms.iter().map(|a| &a.take);
    if arms.is_empty() {
        return Err(syn::Error::new(name.span(), "an enum without variants cannot be traced"));
    }
    Ok(quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl #impl_generics ::taipan_heap::Trace for #name #type_generics #where_clause {
            fn trace(&self, visit: &mut dyn ::core::ops::FnMut(&::taipan_heap::Value)) {
                match self { #(#pattern => { #trace })* }
            }
            fn unlink(&self) {
                match self { #(#pattern => { #clear })* }
            }
            fn take(&mut self, out: &mut ::std::vec::Vec<::taipan_heap::Value>) {
                match self { #(#pattern => { #take })* }
            }
        }
    })
}

/// One arm of the `match`es.
struct Arm {
    pattern: TokenStream,
    trace: TokenStream,
    clear: TokenStream,
    take: TokenStream,
}

fn arm(path: TokenStream, fields: &Fields) -> Arm {
    let mut bindings = Vec::new();
    let mut traced = Vec::new();
    for (i, f) in fields.iter().enumerate() {
        if f.attrs.iter().any(|a| a.path().is_ident("notrace")) {
            continue;
        }
        let local = format_ident!("f{i}");
        let member = match &f.ident {
            Some(name) => quote!(#name),
            None => {
                let index = syn::Index::from(i);
                quote!(#index)
            }
        };
        bindings.push(quote!(#member: #local));
        traced.push((local, f.ty.span()));
    }
    let each = |method: TokenStream, arg: TokenStream| -> TokenStream {
        traced
            .iter()
            .map(|(f, span)| quote_spanned!(*span=> ::taipan_heap::Trace::#method(#f #arg);))
            .collect()
    };
    Arm {
        pattern: quote!(#path { #(#bindings,)* .. }),
        trace: each(quote!(trace), quote!(, visit)),
        clear: each(quote!(unlink), quote!()),
        take: each(quote!(take), quote!(, out)),
    }
}
