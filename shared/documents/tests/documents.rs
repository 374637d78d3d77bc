//! Documents of every kind: valid as made, refused when anything is a minor unit off, and the same in every form for ever.

#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;

use documents::{
    Category, Document, Kind, NoEinvoice, Pricing, Profile, Rule, cii, factur_x, html, pdf, ubl, validate,
};
use proptest::prelude::*;
use rules::BREAKS;
use rust_decimal::Decimal;
use xml::{Element, Limits};

/// Whether it breaks the rule, and what is said of it holds nothing of the document.
#[cfg(test)]
fn breaks(document: &Document, rule: Rule) -> bool {
    let faults = validate(document).err().unwrap_or_default();
    for fault in &faults {
        let said = fault.to_string();
        assert!(!said.contains(&document.seller.name) && !said.contains(&document.buyer.name));
    }
    faults.iter().any(|fault| fault.rule == rule)
}

/// The first document of those that are wanted.
#[cfg(test)]
fn first(wanted: impl Fn(&Document) -> bool) -> Document {
    (0..).map(samples::document).find(wanted).unwrap()
}

#[cfg(test)]
fn limits() -> Limits {
    Limits {
        bytes: 4 << 20,
        elements: 100_000,
        ..Limits::default()
    }
}

/// The text of every element of the name.
#[cfg(test)]
fn texts(element: &Element, name: &str, found: &mut Vec<String>) {
    if element.name.local == name {
        found.extend(element.text());
    }
    for inner in element.elements() {
        texts(inner, name, found);
    }
}

#[cfg(test)]
fn all(written: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    texts(
        &xml::read(written.as_bytes(), &limits()).unwrap(),
        name,
        &mut found,
    );
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_right_is_taken_and_kept(seed: u64) {
        let document = samples::document(seed);
        prop_assert_eq!(validate(&document), Ok(()));
        let kept = serde_json::to_string(&document).unwrap();
        prop_assert!(serde_json::from_str::<Document>(&kept).unwrap() == document);
        let said = format!("{document:?}");
        prop_assert!(!said.contains(&document.buyer.name) && !said.contains(&document.number));
    }

    #[test]
    fn a_minor_unit_off_is_refused(seed: u64, off in prop_oneof![Just(-1_i64), Just(1)], which: prop::sample::Index) {
        let right = samples::document(seed);
        let mut wrong = right.clone();
        let (lines, groups) = (wrong.lines.len(), wrong.groups.len());
        match which.index(lines + groups * 2 + 6) {
            at if at < lines => wrong.lines[at].net += off,
            at if at < lines + groups => wrong.groups[at - lines].taxable += off,
            at if at < lines + groups * 2 => wrong.groups[at - lines - groups].tax += off,
            at => {
                let totals = &mut wrong.totals;
                *[
                    &mut totals.lines,
                    &mut totals.allowances,
                    &mut totals.net,
                    &mut totals.tax,
                    &mut totals.gross,
                    &mut totals.due,
                ][at - lines - groups * 2] += off;
            }
        }
        prop_assert!(validate(&wrong).is_err());
    }

    /// The standard's own artefacts let almost a unit of the currency pass (BR-CO-17).
    #[test]
    fn so_is_a_tax_that_all_else_agrees_with(seed: u64, off in prop_oneof![Just(-1_i64), Just(1)]) {
        let mut document = samples::document(seed);
        prop_assume!(document.pricing == Pricing::Exclusive && document.kind == Kind::Invoice);
        document.groups[0].tax += off;
        document.totals.tax += off;
        document.totals.gross += off;
        document.totals.due += off;
        prop_assert!(breaks(&document, Rule::Tax));
    }

    #[test]
    fn e_invoices_say_what_the_document_says(seed: u64) {
        let document = samples::document(seed);
        for (written, net, price, quantity) in [
            (ubl(&document), "LineExtensionAmount", "PriceAmount", ["InvoicedQuantity", "CreditedQuantity"]),
            (cii(&document), "LineTotalAmount", "ChargeAmount", ["BilledQuantity", ""]),
        ] {
            let Ok(written) = written else {
                prop_assert!(document.profile == Profile::Page || document.currency.exponent == 3);
                continue;
            };
            let nets: Vec<Decimal> = all(&written, net).iter().map(|text| text.parse().unwrap()).collect();
            let scale = u32::from(document.currency.exponent);
            for line in &document.lines {
                prop_assert!(nets.contains(&Decimal::new(line.net, scale)));
            }
            prop_assert!(all(&written, price).iter().all(|text| !text.starts_with('-')));
            let quantities = quantity.iter().flat_map(|name| all(&written, name)).count();
            prop_assert_eq!(quantities, document.lines.len());
        }
    }

    #[test]
    fn a_page_holds_no_markup_of_anybody(seed: u64, text in "[<>&\"'a-z]{1,40}") {
        let mut document = samples::document(seed);
        document.buyer.name = text.clone();
        document.lines[0].name = text.clone();
        document.notes = vec![text];
        let page = html(&document);
        let tags = page.matches('<').count();
        document.buyer.name = "a".into();
        document.lines[0].name = "a".into();
        document.notes = vec!["a".into()];
        prop_assert_eq!(html(&document).matches('<').count(), tags);
    }
}

// Rendering is slow where nothing is optimised.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_same_document_is_the_same_bytes(seed: u64) {
        let document = samples::document(seed);
        let twice = |of: fn(&Document) -> Vec<u8>| of(&document) == of(&document);
        prop_assert!(twice(|document| pdf(document).unwrap()));
        prop_assert!(twice(|document| html(document).into_bytes()));
        prop_assert!(twice(|document| ubl(document).unwrap_or_default().into_bytes()));
        prop_assert!(twice(|document| cii(document).unwrap_or_default().into_bytes()));
    }

    #[test]
    fn a_pdf_is_small_and_its_offsets_are_right(seed: u64) {
        let file = pdf(&samples::document(seed)).unwrap();
        prop_assert!(file.len() <= 60 * 1024, "{} bytes", file.len());
        let at = |what: &[u8]| file.windows(what.len()).rposition(|window| window == what);
        let number = |from: usize| -> usize {
            let digits: Vec<u8> = file[from..].iter().copied().take_while(u8::is_ascii_digit).collect();
            String::from_utf8(digits).unwrap().parse().unwrap()
        };
        let table = number(at(b"startxref\n").unwrap() + 10);
        prop_assert!(file[table..].starts_with(b"xref\n0 "));
        let count = number(table + 7);
        let entries = table + 7 + count.to_string().len() + 1;
        for object in 1..count {
            let offset = number(entries + object * 20);
            let begins = format!("{object} 0 obj");
            prop_assert!(file[offset..].starts_with(begins.as_bytes()), "object {object}");
        }
        let packet = at(b"<?xpacket begin").unwrap();
        let length = file[..packet].windows(8).rposition(|window| window == b"/Length ").unwrap();
        prop_assert!(file[packet + number(length + 8)..].starts_with(b"\nendstream"));
    }
}

#[test]
fn every_kind_is_among_the_samples() {
    let made: Vec<Document> = (0..300).map(samples::document).collect();
    for category in [
        Category::S,
        Category::Z,
        Category::E,
        Category::AE,
        Category::K,
        Category::G,
        Category::O,
    ] {
        let with = |document: &&Document| document.groups.iter().any(|group| group.category == category);
        assert!(made.iter().filter(with).count() >= 10, "{category:?}");
    }
    for exponent in [0, 2, 3] {
        let of = |document: &&Document| document.currency.exponent == exponent;
        assert!(made.iter().filter(of).count() >= 10, "{exponent}");
    }
    assert!(made.iter().any(|document| document.kind == Kind::CreditNote));
    assert!(made.iter().any(|document| !document.allowances.is_empty()));
    assert!(
        made.iter()
            .any(|document| document.lines.iter().any(|line| line.net < 0))
    );
    assert!(
        made.iter()
            .any(|document| document.lines.iter().any(|line| !line.discounts.is_empty()))
    );
    assert!(made.iter().any(|document| document.pricing == Pricing::Inclusive));
}

#[test]
fn three_decimals_that_count_make_no_e_invoice() {
    let odd = |document: &Document| document.currency.exponent == 3 && document.totals.gross % 10 != 0;
    let document = first(|document| odd(document) && document.profile != Profile::Page);
    for written in [ubl(&document), cii(&document), factur_x(&document)] {
        assert_eq!(written, Err(NoEinvoice::NotPossible));
    }
    assert_eq!(NoEinvoice::NotPossible.code(), "einvoice_not_possible");
    assert!(pdf(&document).unwrap().starts_with(b"%PDF-1.7"));
    let even = first(|document| {
        document.currency.exponent == 3 && document.profile != Profile::Page && ubl(document).is_ok()
    });
    assert!(
        all(&ubl(&even).unwrap(), "PayableAmount")[0]
            .split_once('.')
            .unwrap()
            .1
            .len()
            == 2
    );
}

#[test]
fn unknown_fields_are_refused() {
    let kept = serde_json::to_value(samples::document(1)).unwrap();
    for at in [
        "",
        "/seller",
        "/seller/address",
        "/lines/0",
        "/groups/0",
        "/totals",
        "/payment",
    ] {
        let mut more = kept.clone();
        more.pointer_mut(at).unwrap()["more"] = 1.into();
        assert!(serde_json::from_value::<Document>(more).is_err(), "{at}");
    }
}

#[test]
fn profiles_say_which_they_are() {
    for (profile, says) in [
        (Profile::En16931, "urn:cen.eu:en16931:2017"),
        (
            Profile::XRechnung,
            "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        ),
        (
            Profile::Peppol,
            "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        ),
    ] {
        let document = first(|document| document.profile == profile && ubl(document).is_ok());
        assert_eq!(all(&ubl(&document).unwrap(), "CustomizationID"), [says]);
        assert!(
            cii(&document)
                .unwrap()
                .contains(&format!("<ram:ID>{says}</ram:ID>"))
        );
        assert!(
            factur_x(&document)
                .unwrap()
                .contains("<ram:ID>urn:cen.eu:en16931:2017</ram:ID>")
        );
    }
    let page = first(|document| document.profile == Profile::Page);
    assert_eq!(ubl(&page), Err(NoEinvoice::NotPossible));
}

#[test]
fn whole_units_of_a_currency_are_not_rounded_away_from_a_product() {
    let fractional = |document: &Document| {
        let product = |line: &documents::Line| (line.quantity * line.unit_price).normalize().scale() > 0;
        document.currency.exponent == 0 && document.lines.iter().any(product) && ubl(document).is_ok()
    };
    let document = first(fractional);
    let written = ubl(&document).unwrap();
    assert!(
        all(&written, "PriceAmount")
            .iter()
            .all(|price| !price.contains('.'))
    );
}

/// Writes documents in every form for the tools of others, where `LEDGERKEEP_DOCUMENTS` names a folder (`infra/tools/test.sh
/// einvoices`).
#[test]
fn documents_for_the_validators() {
    let Ok(folder) = std::env::var("LEDGERKEEP_DOCUMENTS") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    for seed in 0..300 {
        let document = samples::document(seed);
        assert_eq!(validate(&document), Ok(()), "{seed}");
        let write = |ending: &str, bytes: &[u8]| {
            std::fs::write(folder.join(format!("{seed:04}.{ending}")), bytes).unwrap();
        };
        write("json", serde_json::to_string(&document).unwrap().as_bytes());
        write("html", html(&document).as_bytes());
        write("pdf", &pdf(&document).unwrap());
        for (ending, written) in [
            ("ubl.xml", ubl(&document)),
            ("cii.xml", cii(&document)),
            ("factur-x.xml", factur_x(&document)),
        ] {
            match written {
                Ok(text) => write(ending, text.as_bytes()),
                Err(why) => assert_eq!(why, NoEinvoice::NotPossible),
            }
        }
    }
}

/// Each rule refuses what breaks it, and no rule is without something that does.
#[test]
fn every_rule_refuses() {
    let right = first(|document| {
        document.profile == Profile::XRechnung
            && document.kind == Kind::CreditNote
            && document.totals.due > 0
            && document
                .groups
                .iter()
                .all(|group| group.category == Category::S && group.taxable > 0)
    });
    assert_eq!(validate(&right), Ok(()));
    for (rule, change) in BREAKS {
        let mut wrong = right.clone();
        change(&mut wrong);
        assert!(breaks(&wrong, *rule), "{rule:?}");
    }
    for rule in Rule::ALL {
        assert!(BREAKS.iter().any(|(broken, _)| broken == rule), "{rule:?}");
    }
}
