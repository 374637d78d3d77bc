//! Sellers, buyers, and what they write.

use super::Dice;
use documents::{Address, Contact, Identifier, Party};

/// Name, street, city, post code, country, VAT identifier.
type Place = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

pub const PLACES: [Place; 6] = [
    (
        "Atelier d’Été & Fils SARL",
        "12 rue de l’Œuvre",
        "Paris",
        "75011",
        "FR",
        "FR40303265045",
    ),
    (
        "Stadtwerke Überlingen <Einkauf>",
        "Straße der Nationen 17",
        "Überlingen",
        "88662",
        "DE",
        "DE136695976",
    ),
    (
        "Ελληνική Εταιρεία ΑΕ",
        "Οδός Ερμού 5",
        "Αθήνα",
        "10563",
        "GR",
        "EL094259216",
    ),
    (
        "Łódź \"Żuraw\" Sp. z o.o.",
        "ul. Piotrkowska 100",
        "Łódź",
        "90-001",
        "PL",
        "PL5260001246",
    ),
    (
        "株式会社テスト",
        "丸の内1-1-1",
        "東京",
        "100-0005",
        "JP",
        "JP1234567890123",
    ),
    (
        "Българска Фирма ЕООД",
        "бул. Витоша 1",
        "София",
        "1000",
        "BG",
        "BG175074752",
    ),
];

pub const NOTES: [&str; 4] = [
    "Thank you for your business.",
    "Vielen Dank für Ihren Auftrag — Rückfragen bitte mit Rechnungsnummer.\nZweite Zeile: 5 < 6 & 7 > 6.",
    "Merci de votre confiance : « à bientôt ».",
    "A longer note that says more than fits into one line of a page, so that it has to be broken more than once: the services named above were rendered in full within the period that is given, and nothing else was agreed.",
];

pub fn seller(dice: &mut Dice, outside: bool) -> Party {
    Party {
        name: "Nordwind Software GmbH".into(),
        trading_name: dice.maybe(|_| "Nordwind".into()),
        address: Address {
            lines: vec!["Große Elbstraße 42".into(), "Haus B".into()],
            city: Some("Hamburg".into()),
            post_code: Some("22767".into()),
            subdivision: None,
            country: "DE".into(),
        },
        vat_id: (!outside).then(|| "DE136695976".into()),
        tax_number: (!outside && dice.once_in(2)).then(|| "27/123/45678".into()),
        registration: Some(Identifier {
            scheme: None,
            value: "HRB 123456".into(),
        }),
        legal_note: dice.maybe(|_| "Amtsgericht Hamburg, Geschäftsführung: J. Köhler".into()),
        contact: Some(Contact {
            name: Some("Accounts receivable".into()),
            phone: Some("+49 40 123456".into()),
            email: Some("billing@nordwind.example".into()),
        }),
        endpoint: Some(Identifier {
            scheme: Some("9930".into()),
            value: "DE136695976".into(),
        }),
    }
}

pub fn buyer(dice: &mut Dice, place: Place, outside: bool, mailed: bool) -> Party {
    let (name, street, city, code, country, id) = place;
    Party {
        name: name.into(),
        trading_name: None,
        address: Address {
            lines: vec![street.into()],
            city: Some(city.into()),
            post_code: Some(code.into()),
            subdivision: dice.maybe(|_| "Region 7".into()),
            country: country.into(),
        },
        vat_id: (!outside).then(|| id.into()),
        tax_number: None,
        registration: dice.maybe(|_| Identifier {
            scheme: Some("0002".into()),
            value: "303265045".into(),
        }),
        legal_note: None,
        contact: dice.maybe(|_| Contact {
            name: Some("A. Doe".into()),
            phone: None,
            email: Some("ap@buyer.example".into()),
        }),
        endpoint: Some(Identifier {
            scheme: Some(if mailed { "EM" } else { "9957" }.into()),
            value: if mailed {
                "invoices@buyer.example"
            } else {
                "FR40303265045"
            }
            .into(),
        }),
    }
}
