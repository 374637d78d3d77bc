//! What XRechnung 3.0 and Peppol BIS Billing 3.0 ask for beyond the standard.

use super::{Faults, Rule};
use crate::document::{Address, Contact, Document, Means, Profile};

pub fn check(document: &Document, faults: &mut Faults) {
    let german = |country: &str| country == "DE";
    let domestic = german(&document.seller.address.country) && german(&document.buyer.address.country);
    match document.profile {
        Profile::Page | Profile::En16931 => {}
        Profile::XRechnung => {
            faults.unless(
                document.buyer_reference.is_some(),
                Rule::BuyerReference,
                "/buyer_reference",
            );
            endpoints(document, faults);
            authorities(document, faults);
        }
        Profile::Peppol => {
            let named = document.buyer_reference.is_some() || document.purchase_order.is_some();
            faults.unless(named, Rule::BuyerReference, "/buyer_reference");
            endpoints(document, faults);
            // Between Germans it asks for what authorities ask for (its rules DE-R).
            if domestic {
                authorities(document, faults);
            }
            periods(document, faults);
        }
    }
}

fn endpoints(document: &Document, faults: &mut Faults) {
    for (party, at) in [(&document.seller, "/seller"), (&document.buyer, "/buyer")] {
        let scheme = party
            .endpoint
            .as_ref()
            .and_then(|endpoint| endpoint.scheme.as_deref());
        // Peppol's network has the numbers of the list EAS and not its letters, which are for mail and others (CL008).
        let reached = |scheme: &str| {
            document.profile != Profile::Peppol || scheme.bytes().all(|byte| byte.is_ascii_digit())
        };
        faults.unless(
            scheme.is_some_and(reached),
            Rule::Endpoint,
            format!("{at}/endpoint"),
        );
    }
}

/// BR-DE-2 to BR-DE-31.
fn authorities(document: &Document, faults: &mut Faults) {
    let contact = document.seller.contact.as_ref();
    faults.unless(contact.is_some_and(whole), Rule::SellerContact, "/seller/contact");
    place(&document.seller.address, "/seller/address", faults);
    place(&document.buyer.address, "/buyer/address", faults);
    if let Some(address) = &document.delivery.address {
        place(address, "/delivery/address", faults);
    }
    let terms = document.payment.terms.as_deref().unwrap_or_default();
    let plain = !terms.lines().any(|line| line.trim_start().starts_with('#'));
    faults.unless(plain, Rule::Terms, "/payment/terms");
    if let Means::Transfer { account, .. } = &document.payment.means {
        let euros = document.currency.code == "EUR";
        faults.unless(
            !euros || crate::iban::is(account),
            Rule::Account,
            "/payment/means/transfer/account",
        );
    }
}

/// Name, a telephone with three digits (BR-DE-27), a mail address with one @ between others (BR-DE-28).
fn whole(contact: &Contact) -> bool {
    let phone = contact.phone.as_deref().unwrap_or_default();
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let mail = contact.email.as_deref().and_then(|mail| mail.split_once('@'));
    let mailed = mail.is_some_and(|(user, host)| {
        let labels = !host.split('.').any(str::is_empty) && host.contains('.');
        !user.is_empty()
            && labels
            && !host.contains('@')
            && ![user, host].concat().contains(char::is_whitespace)
    });
    contact.name.is_some() && digits >= 3 && mailed
}

fn place(address: &Address, at: &str, faults: &mut Faults) {
    let there = address.city.is_some() && address.post_code.is_some();
    faults.unless(there, Rule::Place, at);
}

/// R110, R111.
fn periods(document: &Document, faults: &mut Faults) {
    let Some(whole) = document.delivery.period else {
        return;
    };
    for (number, line) in document.lines.iter().enumerate() {
        let within = |period: crate::Period| period.first >= whole.first && period.last <= whole.last;
        faults.unless(
            line.period.is_none_or(within),
            Rule::LinePeriod,
            format!("/lines/{number}/period"),
        );
    }
}
