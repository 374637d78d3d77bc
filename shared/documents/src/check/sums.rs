//! Sums: lines, discounts, totals.

use super::{Faults, Rule};
use crate::{
    amount::{product, sum},
    document::{Currency, Document, Kind, Line, Period},
};
use std::collections::BTreeSet;

/// Most lines of a document.
const LINES: usize = 1_000;
/// Most groups, allowances, and discounts of a line.
const OTHERS: usize = 100;

pub fn check(document: &Document, faults: &mut Faults) {
    exponent(&document.currency, "/currency/exponent", faults);
    if let Some(accounting) = &document.accounting {
        exponent(&accounting.currency, "/accounting/currency/exponent", faults);
    }
    let many = [
        ("/lines", document.lines.len(), LINES),
        ("/allowances", document.allowances.len(), OTHERS),
        ("/groups", document.groups.len(), OTHERS),
        ("/notes", document.notes.len(), OTHERS),
    ];
    for (at, there, most) in many {
        faults.unless(there <= most, Rule::TooMany, at);
    }
    faults.unless(!document.lines.is_empty(), Rule::NoLines, "/lines");
    let mut names = BTreeSet::new();
    for (number, line) in document.lines.iter().enumerate() {
        faults.unless(
            names.insert(line.id.as_str()),
            Rule::LineTwice,
            format!("/lines/{number}/id"),
        );
        one(line, document.currency.exponent, number, faults);
    }
    for (number, allowance) in document.allowances.iter().enumerate() {
        faults.unless(
            allowance.amount > 0,
            Rule::Discount,
            format!("/allowances/{number}/amount"),
        );
    }
    period(document.delivery.period, "/delivery/period", faults);
    faults.unless(
        document.preceding.is_some() == (document.kind == Kind::CreditNote),
        Rule::Preceding,
        "/preceding",
    );
    totals(document, faults);
}

fn exponent(currency: &Currency, at: &str, faults: &mut Faults) {
    faults.unless(matches!(currency.exponent, 0 | 2 | 3), Rule::Exponent, at);
}

pub fn period(period: Option<Period>, at: &str, faults: &mut Faults) {
    if let Some(period) = period {
        faults.unless(period.first <= period.last, Rule::Period, at);
    }
}

fn one(line: &Line, exponent: u8, number: usize, faults: &mut Faults) {
    let at = |field: &str| format!("/lines/{number}/{field}");
    faults.unless(!line.unit_price.is_sign_negative(), Rule::Price, at("unit_price"));
    faults.unless(line.discounts.len() <= OTHERS, Rule::TooMany, at("discounts"));
    for (discount, taken) in line.discounts.iter().enumerate() {
        faults.unless(
            taken.amount > 0,
            Rule::Discount,
            at(&format!("discounts/{discount}/amount")),
        );
    }
    period(line.period, &at("period"), faults);
    let net = || {
        let taken = sum(line.discounts.iter().map(|taken| taken.amount))?;
        product(line.quantity, line.unit_price, exponent)?.checked_sub(taken)
    };
    match net() {
        None => faults.add(Rule::Range, at("net")),
        Some(net) => faults.unless(net == line.net, Rule::LineNet, at("net")),
    }
}

fn totals(document: &Document, faults: &mut Faults) {
    let totals = document.totals;
    let rows = [
        (
            "lines",
            totals.lines,
            sum(document.lines.iter().map(|line| line.net)),
            Rule::SumOfLines,
        ),
        (
            "allowances",
            totals.allowances,
            sum(document.allowances.iter().map(|taken| taken.amount)),
            Rule::SumOfAllowances,
        ),
        (
            "net",
            totals.net,
            totals.lines.checked_sub(totals.allowances),
            Rule::Net,
        ),
        (
            "tax",
            totals.tax,
            sum(document.groups.iter().map(|group| group.tax)),
            Rule::SumOfTax,
        ),
        (
            "gross",
            totals.gross,
            totals.net.checked_add(totals.tax),
            Rule::Gross,
        ),
        (
            "due",
            totals.due,
            totals.gross.checked_sub(totals.prepaid),
            Rule::Due,
        ),
    ];
    for (field, said, is, rule) in rows {
        let at = format!("/totals/{field}");
        match is {
            None => faults.add(Rule::Range, at),
            Some(is) => faults.unless(said == is, rule, at),
        }
    }
    // What is taken back beyond what is charged is a credit note.
    for (field, amount) in [
        ("net", totals.net),
        ("gross", totals.gross),
        ("prepaid", totals.prepaid),
        ("due", totals.due),
    ] {
        faults.unless(amount >= 0, Rule::Negative, format!("/totals/{field}"));
    }
}
