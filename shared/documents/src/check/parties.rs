//! Seller and buyer: what the standard asks of both.

use super::{Faults, Rule};
use crate::{
    document::{Document, Party},
    lists,
};

pub fn check(document: &Document, faults: &mut Faults) {
    let seller = &document.seller;
    let known = seller.vat_id.is_some() || seller.registration.is_some();
    faults.unless(known, Rule::Seller, "/seller");
    one(seller, "/seller", faults);
    one(&document.buyer, "/buyer", faults);
}

fn one(party: &Party, at: &str, faults: &mut Faults) {
    faults.unless(
        lists::country(&party.address.country),
        Rule::Country,
        format!("{at}/address/country"),
    );
    if let Some(id) = &party.vat_id {
        let country = id.get(..2).unwrap_or_default();
        // Greece is EL there.
        let known = country == "EL" || lists::country(country);
        faults.unless(known && id.len() > 2, Rule::VatId, format!("{at}/vat_id"));
    }
    if let Some(registration) = &party.registration {
        let known = registration.scheme.as_deref().is_none_or(lists::register);
        faults.unless(known, Rule::Register, format!("{at}/registration/scheme"));
    }
    if let Some(endpoint) = &party.endpoint {
        let known = endpoint.scheme.as_deref().is_some_and(lists::address);
        faults.unless(known, Rule::Scheme, format!("{at}/endpoint/scheme"));
    }
}
