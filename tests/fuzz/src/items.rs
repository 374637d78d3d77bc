//! Items as they come out of a table: whatever stands there, a type takes it or says that it does not.

use arbitrary::Unstructured;
use services::SERVICES;
use shared::{
    crypto::sealed_bytes,
    ids::TenantId,
    processing::{ItemType, ROAD},
    record::{Class, Field},
    store::Attribute,
};
use std::collections::HashMap;

/// Texts that items hold: ids, times, states, places of other items.
const WORDS: [&str; 12] = [
    "",
    "-",
    "active",
    "open",
    "EUR",
    "2026-01-01T00:00:00Z",
    "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    "T#ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A#customer#cus_1",
    "https://localhost/",
    "{}",
    "\u{0}\u{7f}\u{fffd}",
];

fn types() -> Vec<&'static ItemType> {
    SERVICES.iter().flat_map(|s| s.items).chain(ROAD).collect()
}

fn bytes(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let length = usize::from(u.arbitrary::<u8>()?).min(u.len());
    let mut bytes = u.bytes(length)?.to_vec();
    if u.ratio(1, 2)? {
        // As a sealed field begins.
        bytes.splice(0..0, [0xE1, 1, 0, 0, 0, 1]);
        bytes.resize(bytes.len().max(80), 0);
    }
    Ok(bytes)
}

fn value(u: &mut Unstructured<'_>, field: Option<&Field>, depth: u32) -> arbitrary::Result<Attribute> {
    let sealed = field.is_some_and(|f| f.sealed || f.class == Class::Secret);
    if sealed && u.ratio(3, 4)? {
        return Ok(Attribute::B(bytes(u)?.into()));
    }
    Ok(match u.int_in_range(0..=if depth > 3 { 6 } else { 9 })? {
        0 | 1 => Attribute::S((*u.choose(&WORDS)?).to_owned()),
        2 => Attribute::S(u.arbitrary::<&str>()?.to_owned()),
        3 => Attribute::N(u.arbitrary::<i64>()?.to_string()),
        4 => Attribute::N(u.arbitrary::<&str>()?.to_owned()),
        5 => Attribute::Bool(u.arbitrary()?),
        6 => Attribute::B(bytes(u)?.into()),
        7 => Attribute::Null(true),
        8 => {
            let count = u.int_in_range(0..=3)?;
            let list: arbitrary::Result<_> = (0..count).map(|_| value(u, None, depth + 1)).collect();
            Attribute::L(list?)
        }
        _ => match field.and_then(|f| f.nested) {
            Some(nested) => Attribute::M(fields(u, nested(), depth + 1)?),
            None => {
                let count = u.int_in_range(0..=3)?;
                let mut map = HashMap::new();
                for name in 0..count {
                    map.insert(name.to_string(), value(u, None, depth + 1)?);
                }
                Attribute::M(map)
            }
        },
    })
}

fn fields(
    u: &mut Unstructured<'_>,
    of: &[Field],
    depth: u32,
) -> arbitrary::Result<HashMap<String, Attribute>> {
    let mut made = HashMap::new();
    for field in of {
        if !u.ratio(1, 8)? {
            made.insert(field.name.to_owned(), value(u, Some(field), depth)?);
        }
    }
    Ok(made)
}

/// An item of a type, as far as the bytes last.
fn made(input: &[u8]) -> Option<(&'static ItemType, HashMap<String, Attribute>)> {
    let mut u = Unstructured::new(input);
    let types = types();
    let kind = *u.choose(&types).ok()?;
    let mut item = fields(&mut u, kind.fields, 0).ok()?;
    let tenant = TenantId::platform();
    item.insert("pk".into(), Attribute::S(format!("T#{tenant}#{}#x", kind.kind)));
    item.insert("sk".into(), Attribute::S("-".into()));
    item.insert("rev".into(), Attribute::N("1".into()));
    Some((kind, item))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let types = u8::try_from(types().len()).unwrap_or(u8::MAX);
    let tail: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(37)).collect();
    // `choose` reads the index from the input's end.
    (0..types).map(|n| [tail.as_slice(), &[n]].concat()).collect()
}

pub(crate) fn item(input: &[u8]) {
    if let Some((kind, item)) = made(input) {
        let _ = (kind.decodes)(item.clone());
        let mut without = item;
        without.remove("rev");
        assert!(!(kind.decodes)(without), "an item without a revision");
    }
}

pub(crate) fn sealed(input: &[u8]) {
    let Some((kind, item)) = made(input) else { return };
    let count = sealed_bytes(&item);
    let tenant = TenantId::platform();
    for known in keys::KINDS.iter().filter(|k| k.kind == kind.kind) {
        if let Ok(places) = known.places(&tenant, &item) {
            assert!(
                places.len() <= count,
                "more sealed fields than there are sealed bytes"
            );
            // Without anybody's keys nothing changes.
            let same = known.reseal(&tenant, &item, &[]);
            assert!(
                same.is_ok_and(|same| same == item),
                "{} is changed without a key",
                known.kind
            );
        }
    }
}
