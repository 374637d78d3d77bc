//! Codes: each is of the list that it is to be of.

use super::{Faults, Rule};
use crate::{
    document::{Currency, Document, Means},
    lists,
};

fn currency(currency: &Currency, at: &str, faults: &mut Faults) {
    faults.unless(lists::currency(&currency.code), Rule::Currency, at);
}

pub fn check(document: &Document, faults: &mut Faults) {
    currency(&document.currency, "/currency/code", faults);
    if let Some(accounting) = &document.accounting {
        currency(&accounting.currency, "/accounting/currency/code", faults);
        let other = accounting.currency.code != document.currency.code;
        let signs = accounting.tax.signum() * document.totals.tax.signum() >= 0;
        faults.unless(other && signs, Rule::Accounting, "/accounting");
    }
    for (number, line) in document.lines.iter().enumerate() {
        faults.unless(
            lists::unit(&line.unit),
            Rule::Unit,
            format!("/lines/{number}/unit"),
        );
    }
    for (number, group) in document.groups.iter().enumerate() {
        let known = group.reason_code.as_deref().is_none_or(lists::exemption);
        faults.unless(known, Rule::Exemption, format!("/groups/{number}/reason_code"));
    }
    if let Some(address) = &document.delivery.address {
        faults.unless(
            lists::country(&address.country),
            Rule::Country,
            "/delivery/address/country",
        );
    }
    match &document.payment.means {
        Means::Card { last4, .. } => {
            let digits = last4.len() == 4 && last4.bytes().all(|byte| byte.is_ascii_digit());
            faults.unless(digits, Rule::Card, "/payment/means/card/last4");
        }
        Means::DirectDebit { account, .. } => {
            faults.unless(
                crate::iban::is(account),
                Rule::Account,
                "/payment/means/direct_debit/account",
            );
        }
        Means::Transfer { .. } | Means::Undefined => {}
    }
    let timed = document.due.is_some() || document.payment.terms.is_some();
    faults.unless(document.totals.due <= 0 || timed, Rule::WhenDue, "/due");
}
