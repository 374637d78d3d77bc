//! Lines with their groups and sums, computed apart from what is tested.

use super::Dice;
use documents::{Allowance, Category, Discount, Line, Period, Pricing, TaxGroup, Totals};
use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero, prelude::ToPrimitive};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Books {
    pub lines: Vec<Line>,
    pub allowances: Vec<Allowance>,
    pub groups: Vec<TaxGroup>,
    pub totals: Totals,
}

/// What a group costs with tax.
type Grosses = BTreeMap<(Category, Decimal), i64>;

const NAMES: [&str; 5] = [
    "Team plan",
    "API calls, graduated",
    "Größere Datenmengen & Übertragung <EU>",
    "Prise en charge prioritaire, 24 h/24",
    "A name of a product that is so long that it has to be broken over two or even three lines on the page",
];

fn round(exact: Decimal) -> i64 {
    exact
        .round_dp_with_strategy(0, MidpointAwayFromZero)
        .to_i64()
        .unwrap()
}

fn rate(dice: &mut Dice, category: Category) -> Decimal {
    match category {
        Category::S => Decimal::from_str_exact(dice.of(&["19", "7", "20", "5.5", "25"])).unwrap(),
        _ => Decimal::ZERO,
    }
}

/// In minor units; in a currency of three decimals mostly a round number, so that there is an e-invoice.
fn minor(dice: &mut Dice, exponent: u8, round: bool) -> i64 {
    let amount = 1 + i64::try_from(dice.below(900_000)).unwrap();
    if exponent == 3 && round {
        amount * 10_000
    } else {
        amount
    }
}

fn major(minor: i64, exponent: u8) -> Decimal {
    Decimal::new(minor, u32::from(exponent))
}

fn line(dice: &mut Dice, at: usize, exponent: u8, even: bool, category: Category, period: Period) -> Line {
    let mut line = Line {
        id: (at + 1).to_string(),
        name: dice.of(&NAMES).into(),
        description: dice.maybe(|_| "10,000 × 0.0125 + 5,000 × 0.01; first tier entered at zero.".into()),
        item: dice.maybe(|_| "prod-0007".into()),
        quantity: Decimal::ONE,
        unit: dice.of(&["C62", "HUR", "MON", "E34"]).into(),
        unit_price: major(minor(dice, exponent, even), exponent),
        discounts: vec![],
        net: 0,
        category,
        rate: rate(dice, category),
        period: dice.maybe(|_| period),
    };
    if !even {
        match dice.below(4) {
            // Units at a price of up to 12 decimals of a minor unit.
            0 => {
                line.quantity = Decimal::new(i64::try_from(dice.below(1_000_000)).unwrap(), 3);
                line.unit_price = Decimal::new(i64::try_from(dice.below(10_000_000)).unwrap(), 7);
            }
            1 => line.quantity = Decimal::from(dice.below(50)),
            _ => {}
        }
    }
    let scale = Decimal::from(10_i64.pow(u32::from(exponent)));
    let before = round(line.quantity * line.unit_price * scale);
    if before > 1_000 && dice.once_in(3) {
        let percent = Decimal::from(dice.of(&[10, 25]));
        let amount = round(Decimal::from(before) * percent / Decimal::ONE_HUNDRED);
        line.discounts.push(Discount {
            amount,
            reason: "Coupon SUMMER & SUN".into(),
            percent: dice.maybe(|_| percent),
        });
    }
    let taken: i64 = line.discounts.iter().map(|taken| taken.amount).sum();
    line.net = before - taken;
    line
}

pub fn books(
    dice: &mut Dice,
    exponent: u8,
    categories: &[Category],
    pricing: Pricing,
    period: Period,
) -> Books {
    let even = exponent == 3 && !dice.once_in(3);
    let inclusive = pricing == Pricing::Inclusive;
    let most = if dice.once_in(5) { 60 } else { 6 };
    let count = 1 + usize::try_from(dice.below(most)).unwrap();
    let mut books = Books::default();
    for at in 0..count.max(categories.len()) {
        let category = categories[at % categories.len()];
        books.lines.push(line(dice, at, exponent, even, category, period));
    }
    // The unused rest of something is taken back, by less than all else costs.
    let all: i64 = books.lines.iter().map(|line| line.net).sum();
    let (category, rate) = (books.lines[0].category, books.lines[0].rate);
    if all > 100 && dice.once_in(3) && !even {
        let back = 1 + i64::try_from(dice.below(u64::try_from(all / 3).unwrap())).unwrap();
        books.lines.push(Line {
            id: (books.lines.len() + 1).to_string(),
            name: "Unused time".into(),
            quantity: Decimal::NEGATIVE_ONE,
            unit_price: major(back, exponent),
            discounts: vec![],
            net: -back,
            category,
            rate,
            ..books.lines[0].clone()
        });
    }
    let mut grosses = Grosses::new();
    if inclusive && !even {
        grosses = net_out_of_gross(&mut books.lines, exponent);
    } else if all > 1_000 && dice.once_in(4) && !even {
        books.allowances.push(Allowance {
            amount: 1 + i64::try_from(dice.below(400)).unwrap(),
            reason: "Goodwill".into(),
            category,
            rate,
        });
    }
    sums(dice, &mut books, &grosses);
    books
}

/// Takes what lines cost as prices with tax in them: each group's net is round(gross ÷ (1 + rate)), shared over its lines.
fn net_out_of_gross(lines: &mut [Line], exponent: u8) -> Grosses {
    let mut grosses = Grosses::new();
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        groups.entry((line.category, line.rate)).or_default().push(at);
    }
    for ((_, rate), members) in groups {
        let gross: i64 = members.iter().map(|at| lines[*at].net).sum();
        grosses.insert((lines[members[0]].category, rate), gross);
        let net = round(Decimal::from(gross) / (Decimal::ONE + rate / Decimal::ONE_HUNDRED));
        let mut left = net;
        for (position, at) in members.iter().enumerate() {
            let line = &mut lines[*at];
            let last = position + 1 == members.len();
            let share = if last {
                left
            } else {
                round(Decimal::from(line.net) * Decimal::from(net) / Decimal::from(gross.max(1)))
            };
            left -= share;
            line.quantity = if share < 0 {
                Decimal::NEGATIVE_ONE
            } else {
                Decimal::ONE
            };
            line.unit_price = major(share.abs(), exponent);
            line.discounts = vec![];
            line.net = share;
        }
    }
    grosses
}

fn sums(dice: &mut Dice, books: &mut Books, grosses: &Grosses) {
    let mut nets: BTreeMap<_, i64> = BTreeMap::new();
    for line in &books.lines {
        *nets.entry((line.category, line.rate)).or_default() += line.net;
    }
    for taken in &books.allowances {
        *nets.entry((taken.category, taken.rate)).or_default() -= taken.amount;
    }
    for ((category, rate), taxable) in nets {
        let (reason, code) = match category {
            Category::S | Category::Z => (None, None),
            Category::E => (Some("Exempt under article 132"), Some("VATEX-EU-132")),
            Category::AE => (Some("Reverse charge"), Some("VATEX-EU-AE")),
            Category::K => (Some("Intra-community supply"), Some("VATEX-EU-IC")),
            Category::G => (Some("Export outside the EU"), None),
            Category::O => (None, Some("VATEX-EU-O")),
        };
        books.groups.push(TaxGroup {
            category,
            rate,
            taxable,
            tax: match grosses.get(&(category, rate)) {
                Some(gross) => gross - taxable,
                None => round(Decimal::from(taxable) * rate / Decimal::ONE_HUNDRED),
            },
            reason: reason.map(Into::into),
            reason_code: code.map(Into::into),
        });
    }
    let totals = &mut books.totals;
    totals.lines = books.lines.iter().map(|line| line.net).sum();
    totals.allowances = books.allowances.iter().map(|taken| taken.amount).sum();
    totals.net = totals.lines - totals.allowances;
    totals.tax = books.groups.iter().map(|group| group.tax).sum();
    totals.gross = totals.net + totals.tax;
    totals.prepaid = match dice.below(3) {
        0 => totals.gross,
        1 => totals.gross / 10 * 5,
        _ => 0,
    };
    totals.due = totals.gross - totals.prepaid;
}
