//! `#[derive(Choice)]`: the shape of an enumeration, of what serde calls its values and what is told about each.

use crate::about;
use quote::quote;
use syn::{Data, DeriveInput, Fields, spanned::Spanned};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let ident = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "Choice is for enumerations"));
    };
    let (mut name, mut example) = (ident.to_string(), None);
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("choice")) {
        attr.parse_nested_meta(|meta| {
            let value: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("name") {
                name = value.value();
            } else if meta.path.is_ident("example") {
                example = Some(value);
            } else {
                return Err(meta.error("expected `name` or `example`"));
            }
            Ok(())
        })?;
    }
    let rule = serde(&input.attrs, "rename_all")?;
    let mut values = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(syn::Error::new(
                variant.span(),
                "a value of a choice holds nothing",
            ));
        }
        let value = match serde(&variant.attrs, "rename")? {
            Some(value) => value,
            None => renamed(&variant.ident, rule.as_deref())?,
        };
        let about = about(&variant.attrs);
        values.push(quote!((#value, #about)));
    }
    let about = about(&input.attrs);
    let example = example.map_or_else(|| quote!(None), |example| quote!(Some(#example)));
    Ok(quote! {
        impl ::shared::shape::Shaped for #ident {
            fn shape() -> ::shared::shape::Shape {
                ::shared::shape::Shape::Choice(::shared::shape::Choices {
                    name: #name,
                    about: #about,
                    values: vec![#(#values),*],
                    example: #example,
                })
            }
        }
    })
}

/// The text that serde is given under a name.
fn serde(attrs: &[syn::Attribute], name: &str) -> syn::Result<Option<String>> {
    let mut found = None;
    for attr in attrs.iter().filter(|a| a.path().is_ident("serde")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident(name) {
                found = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// What serde makes of a variant's name.
fn renamed(ident: &syn::Ident, rule: Option<&str>) -> syn::Result<String> {
    let name = ident.to_string();
    let joined = |by: char| {
        let mut out = String::new();
        for (at, letter) in name.chars().enumerate() {
            if letter.is_uppercase() && at > 0 {
                out.push(by);
            }
            out.extend(letter.to_lowercase());
        }
        out
    };
    match rule {
        None => Ok(name),
        Some("snake_case") => Ok(joined('_')),
        Some("kebab-case") => Ok(joined('-')),
        Some("lowercase") => Ok(name.to_lowercase()),
        Some("SCREAMING_SNAKE_CASE") => Ok(joined('_').to_uppercase()),
        Some(_) => Err(syn::Error::new(
            ident.span(),
            "a rule of serde that Choice does not know",
        )),
    }
}
