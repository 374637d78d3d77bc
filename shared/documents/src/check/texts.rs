//! Texts: none is empty, none is endless, none holds what XML cannot.

use super::{Faults, Rule};
use crate::document::{Address, Document, Identifier, Means, Party};

/// Longest name, number or code.
const SHORT: usize = 300;
/// Longest description, note or terms.
const LONG: usize = 5_000;

struct Texts<'a>(&'a mut Faults);

impl Texts<'_> {
    fn one(&mut self, text: &str, most: usize, at: &str) {
        let good = !text.trim().is_empty() && text.chars().all(xml::is_char);
        self.0.unless(good, Rule::Text, at);
        self.0.unless(text.chars().count() <= most, Rule::Long, at);
    }

    fn short(&mut self, text: &str, at: &str) {
        self.one(text, SHORT, at);
    }

    fn maybe(&mut self, text: Option<&String>, at: &str) {
        if let Some(text) = text {
            self.one(text, LONG, at);
        }
    }

    fn identifier(&mut self, identifier: Option<&Identifier>, at: &str) {
        if let Some(identifier) = identifier {
            self.short(&identifier.value, &format!("{at}/value"));
            self.maybe(identifier.scheme.as_ref(), &format!("{at}/scheme"));
        }
    }

    fn address(&mut self, address: &Address, at: &str) {
        for (number, line) in address.lines.iter().enumerate() {
            self.short(line, &format!("{at}/lines/{number}"));
        }
        self.0
            .unless(address.lines.len() <= 3, Rule::TooMany, format!("{at}/lines"));
        self.maybe(address.city.as_ref(), &format!("{at}/city"));
        self.maybe(address.post_code.as_ref(), &format!("{at}/post_code"));
        self.maybe(address.subdivision.as_ref(), &format!("{at}/subdivision"));
        self.short(&address.country, &format!("{at}/country"));
    }

    fn party(&mut self, party: &Party, at: &str) {
        self.short(&party.name, &format!("{at}/name"));
        self.maybe(party.trading_name.as_ref(), &format!("{at}/trading_name"));
        self.address(&party.address, &format!("{at}/address"));
        self.maybe(party.vat_id.as_ref(), &format!("{at}/vat_id"));
        self.maybe(party.tax_number.as_ref(), &format!("{at}/tax_number"));
        self.identifier(party.registration.as_ref(), &format!("{at}/registration"));
        self.maybe(party.legal_note.as_ref(), &format!("{at}/legal_note"));
        if let Some(contact) = &party.contact {
            self.maybe(contact.name.as_ref(), &format!("{at}/contact/name"));
            self.maybe(contact.phone.as_ref(), &format!("{at}/contact/phone"));
            self.maybe(contact.email.as_ref(), &format!("{at}/contact/email"));
        }
        self.identifier(party.endpoint.as_ref(), &format!("{at}/endpoint"));
    }

    fn means(&mut self, means: &Means) {
        let at = |field: &str| format!("/payment/means/{field}");
        match means {
            Means::Undefined => {}
            Means::Transfer {
                account,
                holder,
                bank,
            } => {
                self.short(account, &at("transfer/account"));
                self.maybe(holder.as_ref(), &at("transfer/holder"));
                self.maybe(bank.as_ref(), &at("transfer/bank"));
            }
            Means::Card { last4, holder } => {
                self.short(last4, &at("card/last4"));
                self.maybe(holder.as_ref(), &at("card/holder"));
            }
            Means::DirectDebit {
                mandate,
                creditor,
                account,
            } => {
                self.short(mandate, &at("direct_debit/mandate"));
                self.short(creditor, &at("direct_debit/creditor"));
                self.short(account, &at("direct_debit/account"));
            }
        }
    }
}

pub fn check(document: &Document, faults: &mut Faults) {
    let mut texts = Texts(faults);
    texts.short(&document.number, "/number");
    texts.short(&document.currency.code, "/currency/code");
    texts.party(&document.seller, "/seller");
    texts.party(&document.buyer, "/buyer");
    texts.maybe(document.buyer_reference.as_ref(), "/buyer_reference");
    texts.maybe(document.purchase_order.as_ref(), "/purchase_order");
    texts.maybe(document.contract.as_ref(), "/contract");
    for (number, note) in document.notes.iter().enumerate() {
        texts.one(note, LONG, &format!("/notes/{number}"));
    }
    if let Some(preceding) = &document.preceding {
        texts.short(&preceding.number, "/preceding/number");
    }
    if let Some(address) = &document.delivery.address {
        texts.address(address, "/delivery/address");
    }
    for (number, line) in document.lines.iter().enumerate() {
        let at = |field: &str| format!("/lines/{number}/{field}");
        texts.short(&line.id, &at("id"));
        texts.one(&line.name, LONG, &at("name"));
        texts.maybe(line.description.as_ref(), &at("description"));
        texts.maybe(line.item.as_ref(), &at("item"));
        for (discount, taken) in line.discounts.iter().enumerate() {
            texts.one(&taken.reason, LONG, &at(&format!("discounts/{discount}/reason")));
        }
    }
    for (number, allowance) in document.allowances.iter().enumerate() {
        texts.one(&allowance.reason, LONG, &format!("/allowances/{number}/reason"));
    }
    for (number, group) in document.groups.iter().enumerate() {
        texts.maybe(group.reason.as_ref(), &format!("/groups/{number}/reason"));
    }
    texts.means(&document.payment.means);
    texts.maybe(document.payment.remittance.as_ref(), "/payment/remittance");
    texts.maybe(document.payment.terms.as_ref(), "/payment/terms");
}
