//! Reading attributes: docstrings, `cfg`s, and the markers that the outer attributes strip from inner items.

use proc_macro2::Span;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

/// What a marker attribute says: `#[pyfn(raw, no_text, "name(a, b)")]`.
pub struct Marker {
    /// The attribute's name, e.g. `pyfn`.
    pub kind: String,
    pub span: Span,
    /// The function takes its arguments as they come.
    pub raw: bool,
    /// Python code sees no `__text_signature__`.
    pub no_text: bool,
    pub text: Option<LitStr>,
}

struct MarkerArgs {
    raw: bool,
    no_text: bool,
    text: Option<LitStr>,
}

impl Parse for MarkerArgs {
    fn parse(input: ParseStream) -> syn::Result<MarkerArgs> {
        let mut args = MarkerArgs { raw: false, no_text: false, text: None };
        while !input.is_empty() {
            if input.peek(LitStr) {
                let text: LitStr = input.parse()?;
                if args.text.is_some() {
                    return Err(syn::Error::new(text.span(), "a second signature"));
                }
                args.text = Some(text);
            } else {
                let word: Ident = input.parse()?;
                match word.to_string().as_str() {
                    "raw" => args.raw = true,
                    "no_text" => args.no_text = true,
                    _ => {
                        return Err(syn::Error::new(word.span(), "expected `raw`, `no_text` or a signature"));
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

/// Takes the attributes named in `kinds` off `attrs`.
pub fn take_markers(attrs: &mut Vec<Attribute>, kinds: &[&str]) -> syn::Result<Vec<Marker>> {
    let mut markers = Vec::new();
    let mut kept = Vec::with_capacity(attrs.len());
    for attr in attrs.drain(..) {
        let name = match attr.path().segments.last() {
            Some(s) if kinds.iter().any(|k| s.ident == k) => s.ident.to_string(),
            _ => {
                kept.push(attr);
                continue;
            }
        };
        let args = match &attr.meta {
            Meta::Path(_) => MarkerArgs { raw: false, no_text: false, text: None },
            Meta::List(list) => list.parse_args()?,
            Meta::NameValue(nv) => return Err(syn::Error::new(nv.span(), "expected parentheses")),
        };
        let MarkerArgs { raw, no_text, text } = args;
        markers.push(Marker { kind: name, span: attr.span(), raw, no_text, text });
    }
    *attrs = kept;
    Ok(markers)
}

/// The doc comment as one text.
pub fn doc(attrs: &[Attribute]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for attr in attrs {
        if let Meta::NameValue(nv) = &attr.meta
            && nv.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) = &nv.value
        {
            for line in s.value().split('\n') {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_string());
            }
        }
    }
    lines.join("\n").trim_matches('\n').to_string()
}

/// The `#[cfg]`s, to be repeated on the row.
pub fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|a| a.path().is_ident("cfg")).collect()
}

/// An error at the whole of `at`.
pub fn error<T>(at: impl ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(at, message))
}
