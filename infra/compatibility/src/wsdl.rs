//! Contracts of SOAP: a WSDL as a document that is kept and compared. What is compared is what clients are built from: the actions
//! of its operations, its elements and its types.
//!
//! What clients send is read in any order, so it may get further elements that need not be there. What they receive is read strictly
//! by many: a sequence of an answer stays as it is, and what comes later stands behind it in a namespace of its own.

use super::finding::{Findings, Severity, members};
use serde_json::{Map, Value, json};
use xml::{
    Element, Limits,
    soap::{WSDL, WSDL_SOAP, XS},
};

/// More than a contract has.
const LIMITS: Limits = Limits {
    bytes: 8 << 20,
    elements: 200_000,
    ..Limits::DEFAULT
};

/// The document of a WSDL.
///
/// # Errors
/// When it is none.
pub(super) fn document(title: &str, version: &str, wsdl: &str) -> Result<Value, String> {
    let root = xml::read(wsdl.as_bytes(), &LIMITS).map_err(|why| format!("{title}: {}", why.about()))?;
    let mut operations = Map::new();
    for binding in children(&root, WSDL, "binding") {
        for operation in children(binding, WSDL, "operation") {
            let action = children(operation, WSDL_SOAP, "operation").next();
            if let (Some(name), Some(action)) = (
                operation.attribute(None, "name"),
                action.and_then(|a| a.attribute(None, "soapAction")),
            ) {
                operations.insert(name.to_owned(), json!(action));
            }
        }
    }
    let schemas = children(&root, WSDL, "types").flat_map(|types| children(types, XS, "schema"));
    let (mut elements, mut types, mut namespace) = (Map::new(), Map::new(), Value::Null);
    for schema in schemas {
        let own = schema.attribute(None, "targetNamespace").unwrap_or_default();
        // The first one is the contract's; in the others stand fields that came after the first release of a record.
        let behind = namespace.as_str().map(|_| own.rsplit(':').next().unwrap_or(own));
        for part in schema.elements().filter(|part| !part.name.is(XS, "import")) {
            let name = part.attribute(None, "name").unwrap_or_default();
            let name = behind.map_or_else(|| name.to_owned(), |record| format!("{record}:{name}"));
            match part.name.local.as_str() {
                "element" => elements.insert(name, typed(part)),
                _ => types.insert(name, definition(part)),
            };
        }
        if behind.is_none() {
            namespace = json!(own);
        }
    }
    Ok(json!({
        "info": {"title": title, "version": version},
        "wsdl": {"namespace": namespace, "operations": operations, "elements": elements, "types": types},
    }))
}

fn children<'e>(
    element: &'e Element,
    namespace: &'e str,
    name: &'e str,
) -> impl Iterator<Item = &'e Element> {
    element
        .elements()
        .filter(move |inner| inner.name.is(namespace, name))
}

/// The type of an element: by its name, or as it stands in it.
fn typed(element: &Element) -> Value {
    match element.attribute(None, "type") {
        Some(name) => json!(name),
        None => element
            .elements()
            .find(|inner| ["complexType", "simpleType"].contains(&inner.name.local.as_str()))
            .map_or(Value::Null, definition),
    }
}

fn definition(element: &Element) -> Value {
    if element.name.is(XS, "simpleType") {
        let restriction = children(element, XS, "restriction").next();
        let mut facets = Map::new();
        for facet in restriction.into_iter().flat_map(Element::elements) {
            let value = json!(facet.attribute(None, "value"));
            let list = facets
                .entry(facet.name.local.clone())
                .or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value);
            }
        }
        let base = restriction.and_then(|r| r.attribute(None, "base"));
        return json!({"base": base, "facets": facets});
    }
    let mut open = false;
    let mut fields = Vec::new();
    for sequence in children(element, XS, "sequence") {
        for part in sequence.elements() {
            match part.name.local.as_str() {
                "any" => open = true,
                "choice" => fields.push(json!({
                    "name": "choice",
                    "type": part.elements().map(field).collect::<Vec<_>>(),
                    "min": part.attribute(None, "minOccurs").unwrap_or("1"),
                    "max": part.attribute(None, "maxOccurs").unwrap_or("1"),
                })),
                _ => fields.push(field(part)),
            }
        }
    }
    json!({"open": open, "fields": fields})
}

fn field(element: &Element) -> Value {
    json!({
        "name": element.attribute(None, "name"),
        "type": typed(element),
        "min": element.attribute(None, "minOccurs").unwrap_or("1"),
        "max": element.attribute(None, "maxOccurs").unwrap_or("1"),
    })
}

/// Compares two.
pub(super) fn compare(found: &mut Findings, old: &Value, new: &Value) {
    let part = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    if part(old, "namespace") != part(new, "namespace") {
        found.add(Severity::Breaking, "/wsdl/namespace", "another namespace");
    }
    for kind in ["operations", "elements", "types"] {
        let place = format!("/wsdl/{kind}");
        let (was, is) = (members(old.get(kind)), members(new.get(kind)));
        for (name, old) in &was {
            let at = format!("{place}/{name}");
            match is.get(name) {
                None => found.add(Severity::Breaking, &place, format!("`{name}` is gone")),
                Some(new) if kind == "operations" => {
                    if old != new {
                        found.add(Severity::Breaking, &at, "another action");
                    }
                }
                Some(new) => types(found, name.ends_with("Response"), old, new, &at),
            }
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            found.add(Severity::Compatible, &place, format!("`{name}` is new"));
        }
    }
}

fn types(found: &mut Findings, answers: bool, old: &Value, new: &Value, place: &str) {
    match (old.get("fields"), new.get("fields")) {
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            let open = |value: &Value| value.get("open") == Some(&Value::Bool(true));
            if open(old) != open(new) {
                let why = "is open, or is not any more";
                found.add(Severity::of(open(old)), place, why);
            }
            if answers || open(old) {
                answer(found, was, is, place);
            } else {
                input(found, was, is, place);
            }
        }
        (None, None) if old.is_object() && new.is_object() => simple(found, old, new, place),
        _ if old == new => {}
        _ => found.add(Severity::Breaking, place, "another type"),
    }
}

/// A sequence that clients read.
fn answer(found: &mut Findings, was: &[Value], is: &[Value], place: &str) {
    // One of several: further ones come to those alone who ask for what they tell.
    let choice = |field: &Value| field.get("name").and_then(Value::as_str) == Some("choice");
    let kinds = |field: &Value| {
        field
            .get("type")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut same = was.len() == is.len();
    for (old, new) in was.iter().zip(is) {
        let more = choice(old) && choice(new) && kinds(old).iter().all(|kind| kinds(new).contains(kind));
        if old != new && more {
            found.add(Severity::Compatible, place, "one of more kinds");
        }
        same &= old == new || more;
    }
    if !same {
        let why = "the sequence of an answer stays: what comes later stands in a namespace of its own";
        found.add(Severity::Breaking, place, why);
    }
}

/// A sequence that clients write.
fn input(found: &mut Findings, was: &[Value], is: &[Value], place: &str) {
    let name = |field: &Value| {
        let name = field.get("name").and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    };
    let occurs = |field: &Value, which: &str| match field.get(which).and_then(Value::as_str) {
        Some("unbounded") => u64::MAX,
        Some(number) => number.parse().unwrap_or(1),
        None => 1,
    };
    for old in was {
        let at = format!("{place}/{}", name(old));
        let Some(new) = is.iter().find(|new| name(new) == name(old)) else {
            found.add(Severity::Breaking, place, format!("`{}` is gone", name(old)));
            continue;
        };
        for (which, breaks) in [
            ("min", occurs(new, "min") > occurs(old, "min")),
            ("max", occurs(new, "max") < occurs(old, "max")),
        ] {
            if occurs(new, which) != occurs(old, which) {
                found.add(Severity::of(breaks), &at, format!("{which}Occurs changed"));
            }
        }
        let part = |field: &Value| field.get("type").cloned().unwrap_or_default();
        types(found, false, &part(old), &part(new), &at);
    }
    for new in is
        .iter()
        .filter(|new| !was.iter().any(|old| name(old) == name(new)))
    {
        let breaks = occurs(new, "min") > 0;
        found.add(Severity::of(breaks), place, format!("`{}` is new", name(new)));
    }
}

/// A type of text or of numbers.
fn simple(found: &mut Findings, old: &Value, new: &Value, place: &str) {
    if old.get("base") != new.get("base") {
        found.add(Severity::Breaking, place, "another base");
    }
    let (was, is) = (members(old.get("facets")), members(new.get("facets")));
    let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (was.get(name), is.get(name));
        if old == new {
            continue;
        }
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let (before, after) = (list(old), list(new));
        let number = |list: &[Value]| list.first()?.as_str()?.parse::<f64>().ok();
        let fine = match name.as_str() {
            "enumeration" => before.iter().all(|value| after.contains(value)),
            _ if new.is_none() => true,
            "maxLength" | "maxInclusive" => number(&after) >= number(&before) && old.is_some(),
            "minLength" | "minInclusive" => number(&after) <= number(&before) && old.is_some(),
            _ => false,
        };
        found.add(Severity::of(!fine), &format!("{place}/{name}"), "changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "<xs:element name='make'><xs:complexType><xs:sequence><xs:element name='a' type='tns:A'/>\
         <xs:element name='b' minOccurs='0' type='xs:long'/></xs:sequence></xs:complexType></xs:element>\
         <xs:element name='makeResponse'><xs:complexType><xs:sequence><xs:element name='result' type='tns:R'/></xs:sequence></xs:complexType></xs:element>\
         <xs:complexType name='R'><xs:sequence><xs:element name='id' type='xs:string'/><xs:any/></xs:sequence></xs:complexType>\
         <xs:simpleType name='A'><xs:restriction base='xs:string'><xs:enumeration value='x'/><xs:maxLength value='5'/></xs:restriction></xs:simpleType>";

    fn contract(schema: &str) -> Value {
        let text = format!(
            "<w:definitions xmlns:w='{WSDL}' xmlns:xs='{XS}' xmlns:s='{WSDL_SOAP}'><w:types><xs:schema targetNamespace='urn:x'>{schema}</xs:schema></w:types>\
             <w:binding><w:operation name='make'><s:operation soapAction='urn:x:make'/></w:operation></w:binding></w:definitions>"
        );
        document("x", "1.0.0", &text).unwrap()
    }

    fn found(from: &str, to: &str) -> Vec<(Severity, String)> {
        assert!(SCHEMA.contains(from), "{from}");
        let (old, new) = (contract(SCHEMA), contract(&SCHEMA.replacen(from, to, 1)));
        let found = crate::document::compare(&old, &new);
        found.into_iter().map(|f| (f.severity, f.place)).collect()
    }

    #[test]
    fn nothing_is_found_in_what_is_the_same_and_words_do_not_count() {
        assert_eq!(found("<xs:any/>", "<xs:any/>"), []);
        let old = contract(SCHEMA);
        assert_eq!(old["wsdl"]["operations"]["make"], "urn:x:make");
        let documented = "<xs:complexType name='R'><xs:annotation><xs:documentation>That</xs:documentation></xs:annotation>";
        assert_eq!(found("<xs:complexType name='R'>", documented), []);
    }

    #[test]
    fn what_clients_send_may_get_more_that_need_not_be_there() {
        let more = |element: &str| {
            let to = format!("<xs:element name='b' minOccurs='0' type='xs:long'/>{element}");
            found("<xs:element name='b' minOccurs='0' type='xs:long'/>", &to)
        };
        assert_eq!(
            more("<xs:element name='c' minOccurs='0' type='xs:long'/>"),
            [(Severity::Compatible, "/wsdl/elements/make".to_owned())]
        );
        assert_eq!(
            more("<xs:element name='c' type='xs:long'/>")[0].0,
            Severity::Breaking
        );
        for (from, to, severity) in [
            ("name='b' minOccurs='0'", "name='b'", Severity::Breaking),
            ("<xs:element name='a' type='tns:A'/>", "", Severity::Breaking),
            (
                "name='b' minOccurs='0' type='xs:long'",
                "name='b' minOccurs='0' type='xs:int'",
                Severity::Breaking,
            ),
            (
                "name='a' type='tns:A'",
                "name='a' minOccurs='0' type='tns:A'",
                Severity::Compatible,
            ),
            (
                "<xs:enumeration value='x'/>",
                "<xs:enumeration value='x'/><xs:enumeration value='y'/>",
                Severity::Compatible,
            ),
            (
                "<xs:enumeration value='x'/>",
                "<xs:enumeration value='y'/>",
                Severity::Breaking,
            ),
            (
                "<xs:maxLength value='5'/>",
                "<xs:maxLength value='6'/>",
                Severity::Compatible,
            ),
            ("<xs:maxLength value='5'/>", "", Severity::Compatible),
            (
                "<xs:maxLength value='5'/>",
                "<xs:maxLength value='4'/>",
                Severity::Breaking,
            ),
            (
                "<xs:maxLength value='5'/>",
                "<xs:maxLength value='5'/><xs:pattern value='a'/>",
                Severity::Breaking,
            ),
        ] {
            assert_eq!(
                found(from, to).iter().map(|f| f.0).max(),
                Some(severity),
                "{from} -> {to}"
            );
        }
    }

    #[test]
    fn a_choice_may_come_to_have_more_kinds() {
        let choice = |kinds: &str| {
            let choice = format!("<xs:choice minOccurs='0'>{kinds}</xs:choice><xs:any/>");
            contract(&SCHEMA.replacen("<xs:any/>", &choice, 1))
        };
        let kind = |name: &str| format!("<xs:element name='{name}' type='xs:string'/>");
        let (one, two) = (choice(&kind("p")), choice(&(kind("p") + &kind("q"))));
        let severity = |old: &Value, new: &Value| {
            let found = crate::document::compare(old, new);
            found.into_iter().map(|f| f.severity).max()
        };
        assert_eq!(severity(&one, &two), Some(Severity::Compatible));
        assert_eq!(severity(&two, &one), Some(Severity::Breaking));
        assert_eq!(severity(&one, &choice(&kind("q"))), Some(Severity::Breaking));
    }

    #[test]
    fn what_comes_later_stands_behind_and_stays() {
        let behind = |field: &str| {
            let schema = format!(
                "</xs:schema><xs:schema targetNamespace='urn:x:R'><xs:import namespace='urn:x'/>{field}"
            );
            contract(&format!("{SCHEMA}{schema}"))
        };
        let (none, one) = (contract(SCHEMA), behind("<xs:element name='n' type='xs:long'/>"));
        let found = |old: &Value, new: &Value| {
            let found = crate::document::compare(old, new).into_iter();
            found.map(|f| (f.severity, f.place)).collect::<Vec<_>>()
        };
        assert_eq!(
            found(&none, &one),
            [(Severity::Compatible, "/wsdl/elements".to_owned())]
        );
        assert_eq!(
            found(&one, &none),
            [(Severity::Breaking, "/wsdl/elements".to_owned())]
        );
        let other = behind("<xs:element name='n' type='xs:int'/>");
        assert_eq!(
            found(&one, &other),
            [(Severity::Breaking, "/wsdl/elements/R:n".to_owned())]
        );
        assert_eq!(one["wsdl"]["namespace"], "urn:x");
    }

    #[test]
    fn what_clients_send_may_come_to_be_answered() {
        let closed =
            "<xs:complexType name='R'><xs:sequence><xs:element name='id' type='xs:string'/><xs:any/>";
        assert!(SCHEMA.contains(closed));
        let was = contract(&SCHEMA.replacen("<xs:any/>", "", 1));
        let is = contract(SCHEMA);
        let severity = |old: &Value, new: &Value| {
            let found = crate::document::compare(old, new);
            found.into_iter().map(|f| f.severity).max()
        };
        assert_eq!(severity(&was, &is), Some(Severity::Compatible));
        assert_eq!(severity(&is, &was), Some(Severity::Breaking));
    }

    #[test]
    fn what_clients_receive_stays_in_its_place() {
        for (from, to) in [
            (
                "<xs:element name='id' type='xs:string'/>",
                "<xs:element name='id' type='xs:string'/><xs:element name='n' minOccurs='0' type='xs:long'/>",
            ),
            ("<xs:element name='id' type='xs:string'/>", ""),
            ("<xs:any/>", ""),
            (
                "<xs:element name='result' type='tns:R'/>",
                "<xs:element name='result' minOccurs='0' type='tns:R'/>",
            ),
            (
                "<xs:element name='makeResponse'>",
                "<xs:element name='makeReply'>",
            ),
        ] {
            assert_eq!(
                found(from, to).iter().map(|f| f.0).max(),
                Some(Severity::Breaking),
                "{from} -> {to}"
            );
        }
    }
}
