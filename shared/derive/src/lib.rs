//! `#[derive(Record)]`: every field of an input, answer or stored item declares its class.
//!
//! A field carries exactly one of `#[public]`, `#[internal]`, `#[personal]`, `#[card]`, `#[secret]` or
//! `#[nested]` (its type is a record itself). A field with none does not compile. The derive gives the
//! masking `Debug`, the masked JSON for audit entries and logs, and the field table that OpenAPI and the
//! data map are made from. `#[record(input)]` adds a parser that refuses unknown fields and names every
//! failing one; `#[record(stored)]` demands that personal, card and secret fields have a type that is safe
//! at rest. `#[record(name = "…")]` is the term that contracts use where the type's own name is none, and
//! `#[record(example = "…")]` a good one as JSON.
//!
//! Beside its class each field has a shape, which its type says (`shared::shape::Shaped`). On a field
//! `#[record(length(min = 1, max = 10))]` and `#[record(range(min = 1, max = 10))]` bring its bounds closer, which the parser
//! holds it to, and `#[record(shape = T)]` gives it the shape of another type: of an instant to a text that must stay as it is,
//! because it is signed; of codes to a text that others may give more of. `#[record(later)]` stands on a field of an answer that came
//! after the answer was released.
//!
//! `#[derive(Choice)]` gives an enumeration its shape: the values as serde names them, and what is told about each.

mod choice;

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Type, parse_macro_input, spanned::Spanned};

const CLASSES: [(&str, &str); 6] = [
    ("public", "Public"),
    ("internal", "Internal"),
    ("personal", "Personal"),
    ("card", "Card"),
    ("secret", "Secret"),
    ("nested", "Public"),
];

struct FieldInfo<'a> {
    ident: &'a syn::Ident,
    name: String,
    ty: &'a Type,
    class: &'static str,
    nested: bool,
    default: bool,
    optional: bool,
    /// Whether null says something else than being absent.
    patch: bool,
    skipped: bool,
    about: String,
    bounds: Option<(Bound, Bound)>,
    like: Option<Box<Type>>,
    /// Whether it came after its record's first release.
    later: bool,
}

/// A limit as it was written.
type Bound = Option<syn::LitInt>;

/// What stands on the type.
#[derive(Default)]
struct Options {
    parses: bool,
    stored: bool,
    name: Option<syn::LitStr>,
    example: Option<syn::LitStr>,
}

/// See the crate's documentation.
#[proc_macro_derive(
    Record,
    attributes(public, internal, personal, card, secret, nested, record, serde)
)]
pub fn record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// See the crate's documentation.
#[proc_macro_derive(Choice, attributes(choice, serde))]
pub fn choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choice::expand(&input)
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

fn expand(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let name = &input.ident;
    let Options {
        parses,
        stored,
        name: term,
        example,
    } = options(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "Record is for structs"));
    };
    let fields = match &data.fields {
        Fields::Named(named) => named
            .named
            .iter()
            .map(field_info)
            .collect::<syn::Result<Vec<_>>>()?,
        Fields::Unit => Vec::new(),
        Fields::Unnamed(_) => return Err(syn::Error::new(input.span(), "Record needs named fields")),
    };

    let hidden = |f: &&FieldInfo<'_>| {
        let ty = f.ty;
        stored && !is_masked(f.class) && !f.nested && names_sealed(quote!(#ty))
    };
    if let Some(field) = fields.iter().find(hidden) {
        let text = "sealed bytes are #[personal], #[card] or #[secret]";
        return Err(syn::Error::new(field.ty.span(), text));
    }
    let table = fields.iter().map(|f| {
        let (n, class, ty) = (&f.name, syn::Ident::new(f.class, f.ident.span()), f.ty);
        let nested = if f.nested {
            quote!(Some(<#ty as ::shared::record::Nested>::fields))
        } else {
            quote!(None)
        };
        let sealed = if stored && !f.nested && is_masked(f.class) {
            quote!(<#ty as ::shared::record::AtRest>::SEALED)
        } else {
            quote!(false)
        };
        let (about, shape) = (&f.about, shape(f));
        let required = !f.optional && !f.default && !f.skipped;
        let later = f.later;
        quote!(::shared::record::Field {
            name: #n,
            class: ::shared::record::Class::#class,
            nested: #nested,
            sealed: #sealed,
            about: #about,
            shape: #shape,
            required: #required,
            later: #later,
        })
    });
    let masks = fields.iter().map(|f| {
        let (n, id) = (&f.name, f.ident);
        let value = if f.nested {
            quote!(::shared::record::Nested::masked_value(&self.#id))
        } else if !is_masked(f.class) {
            quote!(::shared::record::clear(&self.#id))
        } else {
            let class = syn::Ident::new(f.class, id.span());
            let present = if f.optional {
                quote!(self.#id.is_some())
            } else {
                quote!(true)
            };
            quote!(::shared::record::hidden(::shared::record::Class::#class, #present))
        };
        quote!(map.insert(#n.to_owned(), #value);)
    });
    let at_rest = fields.iter().filter(|f| stored && !f.nested && is_masked(f.class)).map(|f| {
        let ty = f.ty;
        quote!(const _: fn() = || { fn safe_at_rest<T: ::shared::record::AtRest>() {} safe_at_rest::<#ty>(); };)
    });
    let parser = parses.then(|| parser(name, &fields));
    let about = about(&input.attrs);
    let term = term.map_or_else(|| name.to_string(), |term| term.value());
    let example = example.map_or_else(|| quote!(None), |example| quote!(Some(#example)));
    Ok(quote! {
        impl ::shared::shape::Shaped for #name {
            fn shape() -> ::shared::shape::Shape {
                ::shared::shape::Shape::Record(::shared::shape::Named {
                    name: ::std::borrow::Cow::Borrowed(#term),
                    about: #about,
                    fields: <Self as ::shared::record::Record>::FIELDS,
                    comes_in: #parses,
                    open: false,
                    example: #example,
                })
            }
        }
        impl ::shared::record::Record for #name {
            const FIELDS: &'static [::shared::record::Field] = &[#(#table),*];
            fn masked(&self) -> ::shared::record::Value {
                #[allow(unused_mut)]
                let mut map = ::shared::record::Map::new();
                #(#masks)*
                ::shared::record::Value::Object(map)
            }
        }
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                write!(f, "{} {}", stringify!(#name), ::shared::record::Record::masked(self))
            }
        }
        #(#at_rest)*
        #parser
    })
}

fn is_masked(class: &str) -> bool {
    !matches!(class, "Public" | "Internal")
}

/// Whether a type names `Sealed`, as it stands or in an option, list or map.
fn names_sealed(tokens: proc_macro2::TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "Sealed",
        proc_macro2::TokenTree::Group(group) => names_sealed(group.stream()),
        _ => false,
    })
}

fn options(input: &DeriveInput) -> syn::Result<Options> {
    let mut options = Options::default();
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("record")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("input") {
                options.parses = true;
            } else if meta.path.is_ident("stored") {
                options.stored = true;
            } else if meta.path.is_ident("name") {
                options.name = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("example") {
                options.example = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("expected `input`, `stored`, `name` or `example`"));
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// What the documentation of an item says, in one line.
fn about(attrs: &[syn::Attribute]) -> String {
    let line = |attr: &syn::Attribute| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attrs.iter().filter_map(line).filter(|l| !l.is_empty()).collect();
    lines.join(" ")
}

/// What gives a field's shape, as a function.
fn shape(field: &FieldInfo<'_>) -> proc_macro2::TokenStream {
    let own = Box::new(field.ty.clone());
    let ty = field.like.as_ref().unwrap_or(&own);
    let Some((min, max)) = &field.bounds else {
        return quote!(<#ty as ::shared::shape::Shaped>::shape);
    };
    let bound = |bound: &Bound| {
        bound
            .as_ref()
            .map_or_else(|| quote!(None), |bound| quote!(Some(#bound)))
    };
    let (min, max) = (bound(min), bound(max));
    quote!(|| <#ty as ::shared::shape::Shaped>::shape().within(#min, #max))
}

/// What `#[record(…)]` on a field says: its bounds, the type that it has the shape of, and whether it came later.
type Refined = (Option<(Bound, Bound)>, Option<Box<Type>>, bool);

fn refinements(field: &syn::Field) -> syn::Result<Refined> {
    let (mut bounds, mut like, mut later) = (None, None, false);
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("record")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("shape") {
                like = Some(Box::new(meta.value()?.parse()?));
                return Ok(());
            }
            if meta.path.is_ident("later") {
                later = true;
                return Ok(());
            }
            if !meta.path.is_ident("length") && !meta.path.is_ident("range") {
                return Err(meta.error("expected `length`, `range`, `shape` or `later`"));
            }
            let (mut min, mut max) = (None, None);
            meta.parse_nested_meta(|bound| {
                let value = bound.value()?.parse()?;
                if bound.path.is_ident("min") {
                    min = Some(value);
                } else if bound.path.is_ident("max") {
                    max = Some(value);
                } else {
                    return Err(bound.error("expected `min` or `max`"));
                }
                Ok(())
            })?;
            bounds = Some((min, max));
            Ok(())
        })?;
    }
    Ok((bounds, like, later))
}

fn field_info(field: &syn::Field) -> syn::Result<FieldInfo<'_>> {
    let ident = field
        .ident
        .as_ref()
        .ok_or_else(|| syn::Error::new(field.span(), "named fields only"))?;
    let mut found = CLASSES
        .iter()
        .filter(|(attr, _)| field.attrs.iter().any(|a| a.path().is_ident(attr)));
    let one = found.next();
    let (Some((attr, class)), None) = (one, found.next()) else {
        return Err(syn::Error::new(
            field.span(),
            "declare one class: #[public], #[internal], #[personal], #[card], #[secret] or #[nested]",
        ));
    };
    let (mut default, mut skipped, mut renamed) = (false, false, None);
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        attr.parse_nested_meta(|meta| {
            default |= meta.path.is_ident("default");
            skipped |= meta.path.is_ident("skip_serializing_if");
            if meta.path.is_ident("rename") {
                renamed = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        })?;
    }
    let named = |name: &str| matches!(&field.ty, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == name));
    let patch = named("Patch");
    let optional = named("Option") || patch;
    let (bounds, like, later) = refinements(field)?;
    let name = renamed.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
    Ok(FieldInfo {
        ident,
        name,
        ty: &field.ty,
        class,
        nested: *attr == "nested",
        default,
        optional,
        patch,
        skipped,
        about: about(&field.attrs),
        bounds,
        like,
        later,
    })
}

fn parser(name: &syn::Ident, fields: &[FieldInfo<'_>]) -> proc_macro2::TokenStream {
    let takes = fields.iter().map(|f| {
        let (id, n, ty) = (f.ident, &f.name, f.ty);
        let absent = if f.optional || f.default {
            quote!(Some(<#ty as ::core::default::Default>::default()))
        } else {
            quote!({ input.missing(#n); None })
        };
        let take = if f.patch {
            quote!(input.patch(#n))
        } else if f.nested {
            quote!(input.nested::<#ty>(#n))
        } else {
            quote!(input.leaf::<#ty>(#n))
        };
        let take = if f.bounds.is_some() {
            let shape = shape(f);
            quote!(if input.within(#n, #shape) { #take } else { None })
        } else {
            take
        };
        // Of a patch it counts whether a field is there and null, which it looks at itself.
        let take = if f.patch {
            take
        } else {
            quote!(if input.has(#n) { #take } else { #absent })
        };
        quote!(let #id: Option<#ty> = #take;)
    });
    let builds = fields.iter().map(|f| {
        let id = f.ident;
        quote!(#id: #id?)
    });
    quote! {
        impl ::shared::record::Input for #name {
            fn parse(mut input: ::shared::record::Parser<'_>) -> Option<Self> {
                #(#takes)*
                input.finish();
                Some(Self { #(#builds),* })
            }
        }
    }
}
