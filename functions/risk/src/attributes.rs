//! What rules can ask of a payment or a check. All of it is read anyway; nothing here is worth a further call.

use ::rules::{Attribute, Catalogue, Kind};

/// Before the name of a key of metadata.
pub const METADATA: &str = "metadata.";

/// Attributes: name, type, and whether some events do not have them.
pub const ATTRIBUTES: [(&str, Kind, bool); 19] = [
    ("amount", Kind::Number, false),
    ("amount_major", Kind::Decimal, false),
    ("currency", Kind::Text, false),
    ("now", Kind::Instant, false),
    ("customer.age_days", Kind::Number, false),
    ("customer.payments_hour", Kind::Number, false),
    ("customer.allowed", Kind::Boolean, false),
    ("customer.lists", Kind::Texts, false),
    ("card.brand", Kind::Text, true),
    ("card.bin", Kind::Text, true),
    ("card.months_left", Kind::Number, true),
    ("card.age_days", Kind::Number, true),
    ("card.payments_hour", Kind::Number, true),
    ("card.allowed", Kind::Boolean, true),
    ("card.lists", Kind::Texts, true),
    ("account.country", Kind::Text, true),
    ("capture", Kind::Boolean, true),
    ("cvv_given", Kind::Boolean, true),
    ("pays_invoice", Kind::Boolean, true),
];

/// The catalogue that conditions are compiled against.
#[derive(Debug)]
pub struct Asked;

impl Catalogue for Asked {
    fn attribute(&self, name: &str) -> Option<Attribute> {
        if let Some(key) = name.strip_prefix(METADATA) {
            shared::metadata::MetadataKey::parse(key).ok()?;
            return Some(Attribute {
                kind: Kind::Text,
                may_be_missing: true,
            });
        }
        let (_, kind, may_be_missing) = ATTRIBUTES.iter().find(|(known, ..)| *known == name)?;
        Some(Attribute {
            kind: *kind,
            may_be_missing: *may_be_missing,
        })
    }
}

/// Whether an attribute tells how a card stands, which is known only once the card is.
#[must_use]
pub fn of_cards_standing(name: &str) -> bool {
    matches!(name, "card.payments_hour" | "card.allowed" | "card.lists")
}

/// Whether the value of an attribute may be shown in a reason. What people type freely is not: it is sealed elsewhere.
#[must_use]
pub fn shown(name: &str) -> bool {
    !name.starts_with(METADATA)
}
