//! Every text that an API takes: what is accepted is readable afterwards, whatever it is made of.

use crate::SERVICES;
use proptest::{prelude::*, test_runner::TestRunner};
use shared::shape::{Class, Field, Shape, Text};
use std::collections::{BTreeMap, BTreeSet};

/// What is below a shape, by its place.
fn below(shape: &Shape, at: &str, found: &mut Vec<(String, Text)>) {
    match shape {
        Shape::Text(text) | Shape::Decimal(text) => found.push((at.to_owned(), text.clone())),
        Shape::Optional(of) => below(of, at, found),
        Shape::List { of, .. } => below(of, &format!("{at}[]"), found),
        Shape::Map { of, .. } => below(of, &format!("{at}{{}}"), found),
        Shape::Record(record) => {
            for field in record.fields {
                below(&(field.shape)(), &format!("{at}.{}", field.name), found);
            }
        }
        _ => {}
    }
}

/// Every text of every input.
fn texts() -> Vec<(String, Text)> {
    let mut found = Vec::new();
    for function in SERVICES.iter().flat_map(|s| s.endpoints) {
        below(&(function.input_shape)(), function.declaration.name, &mut found);
    }
    found
}

/// Texts that have a term and no parser of their own that could keep them as they are, with the reason.
const APART: [(&str, &str); 4] = [
    ("CardNumber", "sealed as digits, shown as its last four"),
    ("AccountNumber", "sealed as digits, or an IBAN"),
    ("Iban", "sealed in capitals"),
    ("Cvv", "never kept"),
];

#[test]
fn every_text_with_a_term_says_how_it_is_kept() {
    let texts = texts();
    assert!(texts.len() > 100, "{}", texts.len());
    let silent: Vec<_> = texts
        .iter()
        .filter(|(_, t)| t.parse.is_none())
        .filter_map(|(at, t)| Some((at, t.name?)))
        .filter(|(_, name)| !APART.iter().any(|(apart, _)| apart == name))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// What people write and what is made to break what reads it: characters that become two under NFC, marks, what has no width, what
/// lies beyond the basic plane, what looks like a pattern's own letters.
fn any_text(most: usize, example: &'static str) -> impl Strategy<Value = String> {
    let grows = prop_oneof![
        Just("\u{958}".to_owned()),
        Just("\u{fb2c}".to_owned()),
        Just("\u{1d15e}".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("\u{212b}".to_owned()),
        Just(" ".to_owned()),
        Just("\u{2003}".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("#".to_owned()),
    ];
    let edge = (
        most.saturating_sub(3)..most + 3,
        proptest::collection::vec(grows.clone(), 0..4),
    )
        .prop_map(|(n, more)| format!("{}{}", "a".repeat(n), more.concat()));
    let mixed = proptest::collection::vec(prop_oneof![grows, "\\PC{1,4}", "[a-z0-9@.:/_-]{1,6}"], 0..40)
        .prop_map(|parts| parts.concat());
    let near = ("\\PC{0,2}", "[ \u{301}\u{958}a0-]{0,2}")
        .prop_map(move |(before, after)| format!("{before}{example}{after}"));
    prop_oneof![edge, mixed, near, Just(example.to_owned())]
}

#[test]
fn whatever_is_accepted_is_readable_afterwards() {
    let mut types: BTreeMap<&str, Text> = BTreeMap::new();
    for (_, text) in texts() {
        if let (Some(name), Some(_)) = (text.name, text.parse) {
            types.insert(name, text);
        }
    }
    assert!(types.len() > 20, "{:?}", types.keys());
    for (name, text) in types {
        let (Some(parse), Some(example)) = (text.parse, text.examples.first()) else {
            continue;
        };
        let most = usize::try_from(text.length.max.unwrap_or(100)).unwrap_or(100);
        // A pattern says what is accepted as it comes. Its dialect differs in nothing that these patterns use.
        let pattern = text.pattern.and_then(|p| regex::Regex::new(p).ok());
        let config = ProptestConfig {
            cases: 200,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let tried = TestRunner::new(config).run(&any_text(most, example), |given| {
            let Ok(kept) = parse(&given) else { return Ok(()) };
            let again = parse(&kept);
            prop_assert_eq!(again.as_deref(), Ok(kept.as_str()), "as it is kept it is refused");
            prop_assert!(
                kept.chars().count() <= most.max(2_048),
                "longer than its bound: {}",
                kept.chars().count()
            );
            if let Some(max) = text.length.max {
                prop_assert!(
                    kept.chars().count() <= usize::try_from(max).unwrap_or(0),
                    "longer than its bound"
                );
            }
            if let Some(pattern) = &pattern {
                prop_assert!(pattern.is_match(&given), "its own pattern refuses it");
                prop_assert!(pattern.is_match(&kept), "its own pattern refuses what is kept");
            }
            Ok(())
        });
        assert!(
            tried.is_ok(),
            "{name}: {}",
            tried.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}

/// About the tenant.
const AFFAIRS: &str = "the tenant's own affairs: it is about nobody";
/// Why a text in which a name can be written is not personal: the end of its place, and the reason.
const NOT_PERSONAL: [(&str, &str); 55] = [
    ("put_tax_settings.settings.seller.name", AFFAIRS),
    ("put_tax_settings.settings.seller.trading_name", AFFAIRS),
    ("put_tax_settings.settings.seller.address.lines", AFFAIRS),
    ("put_tax_settings.settings.seller.address.city", AFFAIRS),
    ("put_tax_settings.settings.seller.address.postal_code", AFFAIRS),
    ("put_tax_settings.settings.seller.address.region", AFFAIRS),
    ("put_tax_settings.settings.seller.tax_number", AFFAIRS),
    ("put_tax_settings.settings.seller.registration.value", AFFAIRS),
    ("put_tax_settings.settings.seller.legal_note", AFFAIRS),
    ("put_tax_settings.settings.seller.contact.name", AFFAIRS),
    ("put_tax_settings.settings.seller.contact.email", AFFAIRS),
    (
        "put_tax_settings.settings.seller.electronic_address.value",
        AFFAIRS,
    ),
    ("put_tax_settings.settings.seller.account.holder", AFFAIRS),
    ("put_tax_settings.settings.exemptions.reason", AFFAIRS),
    (
        "settle_invoice.reason",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    ("update_product.name", AFFAIRS),
    ("update_product.description", AFFAIRS),
    ("draft_risk_rules.rules.about", AFFAIRS),
    ("draft_risk_rules.conditions.about", AFFAIRS),
    ("draft_risk_rules.conditions.when", AFFAIRS),
    ("try_risk_rules.rules.about", AFFAIRS),
    ("try_risk_rules.conditions.about", AFFAIRS),
    ("try_risk_rules.conditions.when", AFFAIRS),
    ("create_meter.name", AFFAIRS),
    ("create_meter.event_type", AFFAIRS),
    ("create_meter.value_property", AFFAIRS),
    ("create_meter.group_by", AFFAIRS),
    ("create_product.name", AFFAIRS),
    ("create_product.description", AFFAIRS),
    ("put_role.name", AFFAIRS),
    ("create_webhook.description", AFFAIRS),
    ("update_webhook.description", AFFAIRS),
    ("create_risk_list.name", AFFAIRS),
    ("create_api_client.name", AFFAIRS),
    ("create_tenant.name", AFFAIRS),
    ("update_tenant.name", AFFAIRS),
    ("update_tenant.metadata_keys", AFFAIRS),
    (
        "create_breach.summary",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "notify_breach.authority_reference",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "notify_breach.delay_reason",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "create_privacy_request.reference",
        "the number that the request has at the tenant, which the duty to answer for it keeps",
    ),
    (
        "create_privacy_request.about",
        "the id of the refused decision that the request is about",
    ),
    (
        "decide_privacy_request.reason",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "post_journal_entry.reason",
        "why somebody of the tenant did what they did, which the books have to say; whoever writes it is told what it is for",
    ),
    (
        "acknowledge_alert.note",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "decide_approval.reason",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    (
        "reveal_payment_method.reason",
        "why somebody of the tenant did what they did, which the log has to say; whoever writes it is told what it is for",
    ),
    ("read_callback_contract.wsdl", "a flag"),
    ("read_soap_contract.wsdl", "a flag"),
    ("read_soap_contract.singlewsdl", "a flag"),
    ("read_soap_contract.xsd", "a flag"),
    ("revoke_token.token_type_hint", "a word of RFC 7009"),
    ("revoke_token.client_id", "an id"),
    ("issue_token.client_id", "an id"),
    ("issue_token.scope", "words of RFC 6749"),
];

/// Types in which a name could stand and that mean something else.
const NO_WORDS: [(&str, &str); 3] = [
    ("Cursor", "what the platform itself made"),
    ("ClientBytes", "bytes of a WebAuthn client"),
    ("SearchTerm", "an id or an activity"),
];

/// Each text below some fields, with its class.
fn classes(fields: &[Field], at: &str, found: &mut Vec<(String, Class, Text)>) {
    for field in fields {
        let place = format!("{at}.{}", field.name);
        let shape = (field.shape)();
        let mut item = shape.present();
        while let Shape::List { of, .. } | Shape::Map { of, .. } = item {
            item = of.present();
        }
        match item {
            Shape::Record(record) => classes(record.fields, &place, found),
            Shape::Text(text) => found.push((place, field.class, text.clone())),
            _ => {}
        }
    }
}

/// Whether somebody's name can be written there.
fn takes_a_name(text: &Text) -> bool {
    text.parse.is_none_or(|parse| {
        ["Zoe Quill", "Zoe-Quill", "ZoeQuill"]
            .iter()
            .any(|name| parse(name).is_ok())
    })
}

#[test]
fn every_free_text_that_an_api_takes_is_personal_or_says_why_not() {
    let mut found = Vec::new();
    for function in SERVICES.iter().flat_map(|s| s.endpoints) {
        classes(function.input, function.declaration.name, &mut found);
    }
    let mut used = BTreeSet::new();
    let mut open = Vec::new();
    for (place, class, text) in found {
        if class.is_masked() || !takes_a_name(&text) {
            continue;
        }
        let name = text.name.unwrap_or_default();
        let reasons = NOT_PERSONAL.iter().filter(|(end, _)| place.ends_with(end));
        let types = NO_WORDS.iter().filter(|(apart, _)| *apart == name);
        let mut known: Vec<&str> = reasons.chain(types).map(|(what, _)| *what).collect();
        if known.is_empty() {
            open.push(format!("{place}: {name}"));
        }
        used.extend(known.drain(..));
    }
    assert!(open.is_empty(), "{open:#?}");
    let stale: Vec<_> = NOT_PERSONAL
        .iter()
        .chain(&NO_WORDS)
        .filter(|(what, _)| !used.contains(what))
        .collect();
    assert!(stale.is_empty(), "{stale:?}");
}
