//! Documents made from a number: always the same from the same one, and valid.

mod amounts;
mod people;

use documents::{
    Accounting, Category, Currency, Delivery, Document, Kind, Language, Means, Payment, Period, Preceding,
    Pricing, Profile,
};
use jiff::{ToSpan, civil::date};

/// Chooses: SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Less than the number.
    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }

    pub fn maybe<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let there = self.once_in(2);
        there.then(|| what(self))
    }
}

/// A valid document of the number.
pub fn document(seed: u64) -> Document {
    let mut dice = Dice::new(seed);
    let kind = dice.of(&[Kind::Invoice, Kind::Invoice, Kind::CreditNote]);
    let profile = dice.of(&[
        Profile::En16931,
        Profile::XRechnung,
        Profile::Peppol,
        Profile::En16931,
        Profile::Page,
    ]);
    let (code, exponent) = dice.of(&[
        ("EUR", 2),
        ("EUR", 2),
        ("USD", 2),
        ("CHF", 2),
        ("JPY", 0),
        ("BHD", 3),
        ("TND", 3),
    ]);
    let categories = dice.of(&[
        &[Category::S][..],
        &[Category::S, Category::Z],
        &[Category::S, Category::E],
        &[Category::S, Category::AE, Category::Z, Category::E],
        &[Category::Z],
        &[Category::E],
        &[Category::AE],
        &[Category::K],
        &[Category::G],
        &[Category::O],
    ]);
    let pricing = if dice.once_in(3) {
        Pricing::Inclusive
    } else {
        Pricing::Exclusive
    };
    let issued = date(2026, 1, 15).saturating_add((dice.below(400) as i64).days());
    let period = Period {
        first: issued.first_of_month(),
        last: issued.last_of_month(),
    };
    let books = amounts::books(&mut dice, exponent, categories, pricing, period);
    let outside = categories == [Category::O];
    let place = dice.of(&people::PLACES);
    let seller = people::seller(&mut dice, outside);
    let buyer = people::buyer(&mut dice, place, outside, profile != Profile::Peppol);
    let supplied = categories.contains(&Category::K);
    let note = dice.of(&people::NOTES);
    Document {
        kind,
        profile,
        number: format!("INV-{:06}", seed % 1_000_000),
        issued,
        due: Some(issued.saturating_add(14.days())),
        accounting: (code != "EUR" && !outside).then(|| Accounting {
            currency: Currency {
                code: "EUR".into(),
                exponent: 2,
            },
            tax: books.totals.tax / 3,
        }),
        currency: Currency {
            code: code.into(),
            exponent,
        },
        language: dice.of(&[Language::En, Language::De, Language::Fr]),
        pricing,
        seller,
        buyer_reference: Some("04011000-12345-03".into()),
        purchase_order: dice.maybe(|_| "PO-2026/0815".into()),
        contract: dice.maybe(|_| "sub_01JZ8".into()),
        notes: match dice.below(3) {
            0 => vec![],
            1 => vec![note.into()],
            _ => vec![note.into(), "Second note.".into()],
        },
        preceding: (kind == Kind::CreditNote).then(|| Preceding {
            number: "INV-000017".into(),
            issued: Some(issued.saturating_sub(30.days())),
        }),
        delivery: Delivery {
            date: (supplied || dice.once_in(2)).then_some(issued),
            period: Some(period),
            address: supplied.then(|| buyer.address.clone()),
        },
        buyer,
        lines: books.lines,
        allowances: books.allowances,
        groups: books.groups,
        totals: books.totals,
        payment: Payment {
            means: dice.of(&[
                Means::Undefined,
                Means::Transfer {
                    account: "DE89 3704 0044 0532 0130 00".into(),
                    holder: Some("Nordwind Software GmbH".into()),
                    bank: Some("COBADEFFXXX".into()),
                },
                Means::Card {
                    last4: "4242".into(),
                    holder: None,
                },
                Means::DirectDebit {
                    mandate: "MND-000417".into(),
                    creditor: "DE98ZZZ09999999999".into(),
                    account: "FR1420041010050500013M02606".into(),
                },
            ]),
            remittance: dice.maybe(|_| "INV 000417".into()),
            terms: dice.maybe(|_| "14 days net.".into()),
        },
    }
}
