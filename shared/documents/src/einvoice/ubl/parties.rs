//! Seller, buyer, addresses and accounts in UBL.

use super::Written;
use crate::{
    document::{Address, Means, Party},
    einvoice::out::Out,
};

pub fn address(out: &mut Out, name: &str, address: &Address) -> Written {
    out.within(name, |out| {
        out.maybe("cbc:StreetName", address.lines.first())?;
        out.maybe("cbc:AdditionalStreetName", address.lines.get(1))?;
        out.maybe("cbc:CityName", address.city.as_ref())?;
        out.maybe("cbc:PostalZone", address.post_code.as_ref())?;
        out.maybe("cbc:CountrySubentity", address.subdivision.as_ref())?;
        if let Some(line) = address.lines.get(2) {
            out.within("cac:AddressLine", |out| out.leaf("cbc:Line", line))?;
        }
        out.within("cac:Country", |out| {
            out.leaf("cbc:IdentificationCode", &address.country)
        })
    })
}

fn registered(out: &mut Out, id: &str, scheme: &str) -> Written {
    out.within("cac:PartyTaxScheme", |out| {
        out.leaf("cbc:CompanyID", id)?;
        out.within("cac:TaxScheme", |out| out.leaf("cbc:ID", scheme))
    })
}

pub fn party(out: &mut Out, party: &Party, creditor: Option<&String>, seller: bool) -> Written {
    out.within("cac:Party", |out| {
        if let Some(endpoint) = &party.endpoint {
            out.scheme("cbc:EndpointID", endpoint.scheme.as_ref(), &endpoint.value)?;
        }
        if let Some(creditor) = creditor {
            out.within("cac:PartyIdentification", |out| {
                out.with("cbc:ID", &[("schemeID", "SEPA")], creditor)
            })?;
        }
        if let Some(name) = &party.trading_name {
            out.within("cac:PartyName", |out| out.leaf("cbc:Name", name))?;
        }
        address(out, "cac:PostalAddress", &party.address)?;
        if let Some(id) = &party.vat_id {
            registered(out, id, "VAT")?;
        }
        if let (Some(number), true) = (&party.tax_number, seller) {
            registered(out, number, "FC")?;
        }
        out.within("cac:PartyLegalEntity", |out| {
            out.leaf("cbc:RegistrationName", &party.name)?;
            if let Some(registration) = &party.registration {
                out.scheme("cbc:CompanyID", registration.scheme.as_ref(), &registration.value)?;
            }
            out.maybe(
                "cbc:CompanyLegalForm",
                party.legal_note.as_ref().filter(|_| seller),
            )
        })?;
        match &party.contact {
            None => Ok(()),
            Some(contact) => out.within("cac:Contact", |out| {
                out.maybe("cbc:Name", contact.name.as_ref())?;
                out.maybe("cbc:Telephone", contact.phone.as_ref())?;
                out.maybe("cbc:ElectronicMail", contact.email.as_ref())
            }),
        }
    })
}

pub fn account(out: &mut Out, means: &Means) -> Written {
    match means {
        Means::Undefined => Ok(()),
        Means::Transfer {
            account,
            holder,
            bank,
        } => out.within("cac:PayeeFinancialAccount", |out| {
            out.leaf("cbc:ID", &crate::iban::compact(account))?;
            out.maybe("cbc:Name", holder.as_ref())?;
            match bank {
                None => Ok(()),
                Some(bank) => out.within("cac:FinancialInstitutionBranch", |out| out.leaf("cbc:ID", bank)),
            }
        }),
        Means::Card { last4, holder } => out.within("cac:CardAccount", |out| {
            out.leaf("cbc:PrimaryAccountNumberID", last4)?;
            // The schema asks for it, the standard has no such term.
            out.leaf("cbc:NetworkID", "NA")?;
            out.maybe("cbc:HolderName", holder.as_ref())
        }),
        Means::DirectDebit { mandate, account, .. } => out.within("cac:PaymentMandate", |out| {
            out.leaf("cbc:ID", mandate)?;
            out.within("cac:PayerFinancialAccount", |out| {
                out.leaf("cbc:ID", &crate::iban::compact(account))
            })
        }),
    }
}
