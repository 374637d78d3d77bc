//! The contract: WSDL 1.1 with its schema, made of the shapes of what operations take and answer.

use crate::{
    codec::{ENTRY, ITEM, KEY, VALUE},
    names::{OWN, action, later as later_of},
    operations::{self, Operation},
};

use shared::{
    openapi::pascal,
    record::Field,
    shape::{Bounds, Choices, Integer, Named, Names, Shape, Text},
};
use std::collections::{BTreeMap, BTreeSet};
use xml::{
    Tag, Unwritable,
    soap::{HTTP as TRANSPORT, WSDL, WSDL_SOAP as SOAP, WSDL_SOAP12 as SOAP12, XS},
};

/// Where envelopes go.
pub const PATH: &str = "/soap/v1";
/// The element of an answer that holds what is answered.
pub(crate) const RESULT: &str = "result";

/// What a fault's detail says, by its name there and its name in a problem.
pub(crate) const PROBLEM: &[(&str, &str)] = &[
    ("code", "code"),
    ("status", "status"),
    ("detail", "detail"),
    ("requestId", "request_id"),
    ("errors", "errors"),
    ("state", "state"),
    ("homeRegion", "home_region"),
    ("home", "home_address"),
    ("approval", "approval"),
    ("object", "object"),
];

/// The types of the schema by their names.
#[derive(Default)]
struct Types {
    types: BTreeMap<String, Tag>,
    /// Records that are being described: they may hold themselves.
    open: Vec<String>,
    /// Records that stand in answers, even if they come in, too.
    answered: BTreeSet<String>,
    /// Fields that came after the first release of a record, by its name.
    later: BTreeMap<String, Vec<Tag>>,
    wrong: Vec<String>,
}

/// Who gives a value.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Input,
    Answer,
}

/// A type of an element: one with a name, or one that stands in it.
enum Type {
    Named(String),
    Inside(Tag),
}

/// An ECMA-262 pattern as XML Schema has it: anchored by itself, without groups that capture nothing; control characters by their
/// category.
fn pattern(ecma: &str) -> Result<String, String> {
    let plain = ecma.strip_prefix('^').and_then(|p| p.strip_suffix('$'));
    let plain = plain.ok_or_else(|| format!("{ecma} is not anchored at both ends"))?;
    let plain = plain
        .replace("(?:", "(")
        .replace(r"\x00-\x1f\x7f-\x9f", r"\p{Cc}");
    let unknown = [r"\x", r"\u", r"\b", "(?", "^", "$"];
    let inside = plain.replace("[^", "[");
    match unknown.iter().find(|u| inside.contains(**u)) {
        Some(unknown) => Err(format!("{ecma} holds {unknown}, which XML Schema does not know")),
        None => Ok(plain),
    }
}

fn facet(name: &'static str, value: impl ToString) -> Tag {
    Tag::new(name).with("value", value.to_string())
}

fn bounded(bounds: Bounds, least: &'static str, most: &'static str) -> impl Iterator<Item = Tag> {
    let least = bounds.min.map(|min| facet(least, min));
    least.into_iter().chain(bounds.max.map(|max| facet(most, max)))
}

fn any() -> Tag {
    Tag::new("xs:any")
        .with("namespace", "##other")
        .with("processContents", "lax")
        .with("minOccurs", "0")
        .with("maxOccurs", "unbounded")
}

fn sequence(elements: impl IntoIterator<Item = Tag>) -> Tag {
    Tag::new("xs:sequence").holding(elements)
}

impl Types {
    fn named(&mut self, name: &str, tag: Tag) -> Type {
        let tag = Tag {
            attributes: std::iter::once(("name", name.to_owned()))
                .chain(tag.attributes)
                .collect(),
            ..tag
        };
        if self.types.get(name).is_some_and(|other| *other != tag) {
            self.wrong.push(format!("two types are called {name}"));
        }
        self.types.insert(name.to_owned(), tag);
        Type::Named(format!("tns:{name}"))
    }

    fn simple(&mut self, name: Option<&str>, about: &str, base: &str, facets: Vec<Tag>) -> Type {
        if facets.is_empty() {
            return Type::Named(base.to_owned());
        }
        let restriction = Tag::new("xs:restriction").with("base", base).holding(facets);
        let tag = Tag::new("xs:simpleType").holding([restriction]);
        match name {
            Some(name) => self.named(name, tag.about(about)),
            None => Type::Inside(tag),
        }
    }

    fn shape(&mut self, shape: &Shape, side: Side) -> Type {
        match shape.present() {
            Shape::Text(text) => self.text(text),
            Shape::Decimal(text) => self.simple(text.name, text.about, "xs:decimal", Vec::new()),
            Shape::Integer(integer) => self.integer(integer),
            Shape::Instant => Type::Named("xs:dateTime".into()),
            Shape::Boolean => Type::Named("xs:boolean".into()),
            Shape::Choice(choice) => self.choice(choice, side),
            Shape::Record(named) => self.record(named),
            Shape::List { of, bounds } => {
                let most = bounds
                    .max
                    .map_or_else(|| "unbounded".to_owned(), |max| max.to_string());
                let item = self
                    .element(ITEM, of, side)
                    .with("minOccurs", bounds.min.unwrap_or(0).to_string())
                    .with("maxOccurs", most);
                Type::Inside(Tag::new("xs:complexType").holding([sequence([item])]))
            }
            Shape::Map { of, names } => self.map(of, names, side),
            other => {
                self.wrong
                    .push(format!("{} has no type in XML Schema", other.expected()));
                Type::Named("xs:string".into())
            }
        }
    }

    fn text(&mut self, text: &Text) -> Type {
        let mut facets = Vec::new();
        match text.pattern.map(pattern) {
            Some(Ok(pattern)) => facets.push(facet("xs:pattern", pattern)),
            Some(Err(why)) => self.wrong.push(why),
            None => {}
        }
        facets.extend(bounded(text.length, "xs:minLength", "xs:maxLength"));
        self.simple(text.name, text.about, "xs:string", facets)
    }

    fn integer(&mut self, integer: &Integer) -> Type {
        let base = match integer.format {
            Some("int8") => "xs:byte",
            Some("int16") => "xs:short",
            Some("int32") => "xs:int",
            Some("uint8") => "xs:unsignedByte",
            Some("uint16") => "xs:unsignedShort",
            Some("uint32") => "xs:unsignedInt",
            Some("uint64") => "xs:unsignedLong",
            _ => "xs:long",
        };
        // What a type means by itself is not said again.
        let bounds = match integer.name {
            None if integer
                .format
                .is_some_and(|f| f.starts_with("uint") || f == "int8") =>
            {
                Bounds::default()
            }
            _ => integer.value,
        };
        let facets = bounded(bounds, "xs:minInclusive", "xs:maxInclusive").collect();
        self.simple(integer.name, integer.about, base, facets)
    }

    /// What comes in is one of the values; what goes out may become another, too.
    fn choice(&mut self, choice: &Choices, side: Side) -> Type {
        if side == Side::Answer {
            return Type::Named("xs:string".into());
        }
        let values = choice
            .values
            .iter()
            .map(|(value, about)| facet("xs:enumeration", value).about(about));
        self.simple(Some(choice.name), choice.about, "xs:string", values.collect())
    }

    fn map(&mut self, of: &Shape, names: &Names, side: Side) -> Type {
        let key = Shape::Text(Text {
            pattern: names.pattern,
            ..Text::default()
        });
        let inside = [self.element(KEY, &key, side), self.element(VALUE, of, side)];
        let entry = Tag::new("xs:complexType").holding([sequence(inside)]);
        let most = names
            .most
            .map_or_else(|| "unbounded".to_owned(), |most| most.to_string());
        let entry = Tag::new("xs:element")
            .with("name", ENTRY)
            .with("minOccurs", "0")
            .with("maxOccurs", most)
            .holding([entry]);
        let tag = Tag::new("xs:complexType").holding([sequence([entry])]);
        match names.name {
            Some(name) => self.named(name, tag.about(names.about)),
            None => Type::Inside(tag),
        }
    }

    fn record(&mut self, named: &Named) -> Type {
        let name = named.name.as_ref();
        if self.open.iter().any(|open| open == name) {
            return Type::Named(format!("tns:{name}"));
        }
        if named.open {
            self.wrong
                .push(format!("{name} takes fields that are not listed"));
        }
        self.open.push(name.to_owned());
        let side = if named.comes_in { Side::Input } else { Side::Answer };
        let elements = self.fields(named.fields.iter().filter(|f| !f.later), side);
        let behind = named.fields.iter().filter(|f| f.later);
        let behind: Vec<Tag> = behind.map(|field| self.behind(name, field, side)).collect();
        if !behind.is_empty() {
            self.later.insert(name.to_owned(), behind);
        }
        self.open.pop();
        // Fields that come later stand in another namespace, which those who do not know them pass over.
        let rest = (side == Side::Answer || self.answered.contains(name)).then(any);
        let tag = Tag::new("xs:complexType").holding([sequence(elements.into_iter().chain(rest))]);
        self.named(name, tag.about(named.about))
    }

    fn fields<'f>(&mut self, fields: impl Iterator<Item = &'f Field>, side: Side) -> Vec<Tag> {
        let field = |field: &Field| {
            let element = self.element(field.name, &(field.shape)(), side);
            let element = if field.required {
                element
            } else {
                element.with("minOccurs", "0")
            };
            element.about(field.about)
        };
        fields.map(field).collect()
    }

    /// A field behind the sequence of its record. What stands in it is in our own namespace, and so its type is.
    fn behind(&mut self, record: &str, field: &Field, side: Side) -> Tag {
        let of = match self.shape(&(field.shape)(), side) {
            Type::Inside(tag) if tag.name == "xs:complexType" => {
                self.named(&format!("{record}{}", pascal(field.name)), tag)
            }
            of => of,
        };
        typed(field.name, of).about(field.about)
    }

    fn element(&mut self, name: &str, shape: &Shape, side: Side) -> Tag {
        typed(name, self.shape(shape, side))
    }
}

fn typed(name: &str, of: Type) -> Tag {
    let element = Tag::new("xs:element").with("name", name);
    match of {
        Type::Named(name) => element.with("type", name),
        Type::Inside(tag) => element.holding([tag]),
    }
}

fn string(name: &str) -> Tag {
    Tag::new("xs:element")
        .with("name", name)
        .with("type", "xs:string")
}

fn optional(tag: Tag) -> Tag {
    tag.with("minOccurs", "0")
}

/// The type of a fault's detail.
fn problem() -> Tag {
    let error = sequence([string("pointer"), string("detail"), any()]);
    let item = optional(Tag::new("xs:element").with("name", ITEM))
        .with("maxOccurs", "unbounded")
        .holding([Tag::new("xs:complexType").holding([error])]);
    let errors = optional(Tag::new("xs:element").with("name", "errors"))
        .holding([Tag::new("xs:complexType").holding([sequence([item])])]);
    let members = PROBLEM.iter().map(|(name, _)| match *name {
        "code" | "detail" | "requestId" => string(name),
        "status" => Tag::new("xs:element")
            .with("name", "status")
            .with("type", "xs:int"),
        "errors" => errors.clone(),
        _ => optional(string(name)),
    });
    let about = "Why a call is refused or fails. Codes are those of the other contracts; a client must bear ones that it does not know.";
    Tag::new("xs:complexType")
        .holding([sequence(members.chain([any()]))])
        .about(about)
}

/// The names of the records in a shape.
fn records(shape: &Shape, found: &mut BTreeSet<String>) {
    match shape.present() {
        Shape::Record(named) if found.insert(named.name.to_string()) => {
            for field in named.fields {
                records(&(field.shape)(), found);
            }
        }
        Shape::List { of, .. } | Shape::Map { of, .. } => records(of, found),
        _ => {}
    }
}

/// The schema, in which declarations of namespaces are left to whoever holds it, and those of fields that came later.
fn schemas() -> Result<(Tag, Vec<Tag>), String> {
    let mut types = Types::default();
    for operation in operations::all() {
        records(&(operation.function.answer_shape)(), &mut types.answered);
    }
    let mut elements = Vec::new();
    for operation in operations::all() {
        let function = operation.function;
        let input = types.fields(function.input.iter(), Side::Input);
        let request = Tag::new("xs:complexType").holding([sequence(input)]);
        elements.push(
            Tag::new("xs:element")
                .with("name", operation.name)
                .holding([request])
                .about(function.declaration.summary),
        );
        let result = types.element(RESULT, &(function.answer_shape)(), Side::Answer);
        let answer = Tag::new("xs:complexType").holding([sequence([result])]);
        elements.push(
            Tag::new("xs:element")
                .with("name", format!("{}Response", operation.name))
                .holding([answer]),
        );
    }
    let _ = types.named("Problem", problem());
    elements.push(
        Tag::new("xs:element")
            .with("name", "problem")
            .with("type", "tns:Problem"),
    );
    for (name, about) in [
        (
            "idempotencyKey",
            "A header: the same call under the same key takes effect once, and is answered alike for a day.",
        ),
        (
            "approvalId",
            "A header: the approval that a second person gave for this very call.",
        ),
        ("accessReason", "A header: why sensitive data is read."),
        ("requestId", "A header of answers: the id of the call."),
    ] {
        elements.push(string(name).about(about));
    }
    if !types.wrong.is_empty() {
        return Err(types.wrong.join("\n"));
    }
    let schema = |namespace: String| {
        Tag::new("xs:schema")
            .with("targetNamespace", namespace)
            .with("elementFormDefault", "qualified")
    };
    let imported = || Tag::new("xs:import").with("namespace", OWN);
    let later = types.later.into_iter();
    let later =
        later.map(|(record, elements)| schema(later_of(&record)).holding([imported()]).holding(elements));
    let later = later.collect();
    let own = schema(OWN.to_owned())
        .holding(elements)
        .holding(types.types.into_values());
    Ok((own, later))
}

fn document(tag: &Tag) -> Result<String, String> {
    let written = tag.document();
    written.map_err(|Unwritable| format!("{} cannot be written", tag.name))
}

fn with_namespaces(tag: Tag) -> Tag {
    tag.with("xmlns:xs", XS).with("xmlns:tns", OWN)
}

/// The schema as a document. What came later is in the WSDL alone: here it is something else that may stand there.
///
/// # Errors
/// Names what has no type in XML Schema, and two types of one name.
pub fn xsd() -> Result<String, String> {
    document(&with_namespaces(schemas()?.0))
}

fn message(name: String, part: &'static str, element: &str) -> Tag {
    let part = Tag::new("wsdl:part")
        .with("name", part)
        .with("element", format!("tns:{element}"));
    Tag::new("wsdl:message").with("name", name).holding([part])
}

/// How operations are written, for a version of SOAP.
fn binding(operations: &[Operation], name: &'static str, twelve: bool) -> Tag {
    let tag = |eleven: &'static str, other: &'static str| Tag::new(if twelve { other } else { eleven });
    let body = || tag("soap:body", "soap12:body").with("use", "literal");
    let operation = |o: &Operation| {
        let fault = tag("soap:fault", "soap12:fault")
            .with("name", "problem")
            .with("use", "literal");
        Tag::new("wsdl:operation").with("name", o.name).holding([
            tag("soap:operation", "soap12:operation")
                .with("soapAction", action(o.name))
                .with("style", "document"),
            Tag::new("wsdl:input").holding([body()]),
            Tag::new("wsdl:output").holding([body()]),
            Tag::new("wsdl:fault").with("name", "problem").holding([fault]),
        ])
    };
    let how = tag("soap:binding", "soap12:binding")
        .with("style", "document")
        .with("transport", TRANSPORT);
    Tag::new("wsdl:binding")
        .with("name", name)
        .with("type", "tns:Ledgerkeep")
        .holding([how])
        .holding(operations.iter().map(operation))
}

/// The WSDL, which says [`shared::openapi::ADDRESS`].
///
/// # Errors
/// As [`xsd`].
pub fn wsdl() -> Result<String, String> {
    let operations: Vec<Operation> = operations::all().collect();
    let messages = operations.iter().flat_map(|o| {
        let response = format!("{}Response", o.name);
        [
            message(o.name.to_owned(), "parameters", o.name),
            message(response.clone(), "parameters", &response),
        ]
    });
    let port_type = operations.iter().map(|o| {
        let mut about = Tag::new("wsdl:documentation");
        about.text = Some(o.function.declaration.summary.to_owned());
        Tag::new("wsdl:operation").with("name", o.name).holding([
            about,
            Tag::new("wsdl:input").with("message", format!("tns:{}", o.name)),
            Tag::new("wsdl:output").with("message", format!("tns:{}Response", o.name)),
            Tag::new("wsdl:fault")
                .with("name", "problem")
                .with("message", "tns:problem"),
        ])
    });
    let port = |name: &'static str, address: &'static str| {
        let at = Tag::new(address).with("location", format!("{}{PATH}", shared::openapi::ADDRESS));
        Tag::new("wsdl:port")
            .with("name", name)
            .with("binding", format!("tns:{name}"))
            .holding([at])
    };
    let (own, later) = schemas()?;
    let definitions = with_namespaces(
        Tag::new("wsdl:definitions")
            .with("name", "Ledgerkeep")
            .with("targetNamespace", OWN),
    )
    .with("xmlns:wsdl", WSDL)
    .with("xmlns:soap", SOAP)
    .with("xmlns:soap12", SOAP12)
    .holding([Tag::new("wsdl:types").holding([own]).holding(later)])
    .holding(messages)
    .holding([message("problem".to_owned(), "problem", "problem")])
    .holding([Tag::new("wsdl:portType")
        .with("name", "Ledgerkeep")
        .holding(port_type)])
    .holding([
        binding(&operations, "LedgerkeepSoap", false),
        binding(&operations, "LedgerkeepSoap12", true),
    ])
    .holding([Tag::new("wsdl:service").with("name", "Ledgerkeep").holding([
        port("LedgerkeepSoap", "soap:address"),
        port("LedgerkeepSoap12", "soap12:address"),
    ])]);
    document(&definitions)
}

/// Examples by operation: what an envelope of each looks like.
///
/// # Errors
/// Names the operation that has none.
pub fn samples() -> Result<BTreeMap<&'static str, String>, String> {
    let one = |o: Operation| {
        let sample = crate::sample(o, false).map_err(|Unwritable| format!("{} has no sample", o.name))?;
        Ok((o.name, sample))
    };
    operations::all().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use xml::{Limits, read};

    fn generous() -> Limits {
        Limits {
            bytes: 4 * 1024 * 1024,
            elements: 100_000,
            ..Limits::default()
        }
    }

    #[test]
    fn what_stands_in_the_crate_is_what_the_declarations_make() {
        assert_eq!(wsdl().unwrap(), include_str!("../ledgerkeep.wsdl"));
        assert_eq!(xsd().unwrap(), include_str!("../ledgerkeep.xsd"));
    }

    #[test]
    fn the_contract_is_well_formed_and_names_every_operation() {
        let wsdl = read(wsdl().unwrap().as_bytes(), &generous()).unwrap();
        let named: Vec<&str> = wsdl
            .elements()
            .filter(|e| e.name.is(WSDL, "portType"))
            .flat_map(|e| e.elements())
            .filter_map(|e| e.attribute(None, "name"))
            .collect();
        let declared: Vec<&str> = operations::all().map(|o| o.name).collect();
        assert_eq!(named, declared);
        assert!(declared.len() >= 14, "{declared:?}");
        let mut once = declared.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), declared.len(), "two operations of one name");
    }

    #[derive(shared::record::Record)]
    #[allow(dead_code, reason = "only its shape is looked at")]
    struct Parcel {
        /// Which one.
        #[public]
        id: String,
        /// What it weighs.
        #[public]
        #[record(later)]
        weight: i64,
        /// What is in it.
        #[public]
        #[record(later)]
        inside_of_it: Vec<String>,
    }

    #[test]
    fn what_came_later_is_no_part_of_the_sequence() {
        let mut types = Types::default();
        let named = types.shape(&<Parcel as shared::shape::Shaped>::shape(), Side::Answer);
        assert!(matches!(named, Type::Named(name) if name == "tns:Parcel"));
        let names = |tags: &[Tag]| {
            let name = |tag: &Tag| {
                tag.attributes
                    .iter()
                    .find(|(n, _)| *n == "name")
                    .unwrap()
                    .1
                    .clone()
            };
            tags.iter().map(name).collect::<Vec<_>>()
        };
        let sequence = types.types["Parcel"].inside.last().unwrap();
        assert_eq!(sequence.inside.len(), 2, "its id, and room");
        assert_eq!(names(&sequence.inside[..1]), ["id"]);
        assert_eq!(names(&types.later["Parcel"]), ["weight", "inside_of_it"]);
        // What stands in a list is in our namespace, as its type is.
        assert!(types.types.contains_key("ParcelInsideOfIt"));
    }

    #[test]
    fn patterns() {
        assert_eq!(pattern("^cus_[0-9]{26}$").unwrap(), "cus_[0-9]{26}");
        assert_eq!(pattern(r"^[^\x00-\x1f\x7f-\x9f]+$").unwrap(), r"[^\p{Cc}]+");
        assert_eq!(pattern("^(?:a|b)$").unwrap(), "(a|b)");
        for bad in ["a$", "^a", "^(?=a)$", r"^\x41$", r"^a\b$", "^a$|^b$"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_sample_is_read_as_what_it_was_made_of() {
        for operation in operations::all() {
            let sample = crate::sample(operation, false).unwrap();
            let root = read(sample.as_bytes(), &Limits::default()).unwrap();
            let body = root.elements().last().unwrap();
            let element = body.elements().next().unwrap();
            let taken = crate::codec::read(element, operation.function.input, OWN).unwrap();
            let mut made = shared::openapi::input(operation.function);
            made.retain(|name, value| {
                !value.is_null() && operation.function.input.iter().any(|f| f.name == name)
            });
            assert_eq!(taken, made, "{}", operation.name);
        }
    }
}
