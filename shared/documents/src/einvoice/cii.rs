//! CrossIndustryInvoice D16B, as EN 16931-3-3 maps the standard to it. Elements stand in the order of the schema.

mod settlement;

use super::{NoEinvoice, PROCESS, amount, notes, out::Out, percent, priced};
use crate::document::{Address, Category, Document, Kind, Line, Party, Period, Profile};
use jiff::civil::Date;

type Written = Result<(), NoEinvoice>;

const NAMESPACES: &[(&str, &str)] = &[
    (
        "xmlns:rsm",
        "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    ),
    (
        "xmlns:ram",
        "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    ),
    (
        "xmlns:qdt",
        "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    ),
    (
        "xmlns:udt",
        "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    ),
];

pub fn write(document: &Document, profile: Profile, guideline: &str) -> Result<String, NoEinvoice> {
    let mut out = Out::new();
    out.root("rsm:CrossIndustryInvoice", NAMESPACES, |out| {
        out.within("rsm:ExchangedDocumentContext", |out| {
            out.within("ram:BusinessProcessSpecifiedDocumentContextParameter", |out| {
                out.leaf("ram:ID", PROCESS)
            })?;
            out.within("ram:GuidelineSpecifiedDocumentContextParameter", |out| {
                out.leaf("ram:ID", guideline)
            })
        })?;
        head(out, document, profile)?;
        out.within("rsm:SupplyChainTradeTransaction", |out| {
            for line in &document.lines {
                self::line(out, document, line)?;
            }
            agreement(out, document)?;
            delivery(out, document)?;
            settlement::write(out, document)
        })
    })?;
    out.finish()
}

fn head(out: &mut Out, document: &Document, profile: Profile) -> Written {
    out.within("rsm:ExchangedDocument", |out| {
        out.leaf("ram:ID", &document.number)?;
        out.leaf(
            "ram:TypeCode",
            match document.kind {
                Kind::Invoice => "380",
                Kind::CreditNote => "381",
            },
        )?;
        day(
            out,
            "ram:IssueDateTime",
            "udt:DateTimeString",
            Some(document.issued),
        )?;
        for note in notes(document, profile) {
            out.within("ram:IncludedNote", |out| out.leaf("ram:Content", &note))?;
        }
        Ok(())
    })
}

/// A day, as eight digits (format 102).
fn day(out: &mut Out, name: &str, inner: &str, day: Option<Date>) -> Written {
    let Some(day) = day else {
        return Ok(());
    };
    let digits: String = day.to_string().chars().filter(char::is_ascii_digit).collect();
    out.within(name, |out| out.with(inner, &[("format", "102")], &digits))
}

fn period(out: &mut Out, period: Option<Period>) -> Written {
    let Some(period) = period else {
        return Ok(());
    };
    out.within("ram:BillingSpecifiedPeriod", |out| {
        day(out, "ram:StartDateTime", "udt:DateTimeString", Some(period.first))?;
        day(out, "ram:EndDateTime", "udt:DateTimeString", Some(period.last))
    })
}

fn line(out: &mut Out, document: &Document, line: &Line) -> Written {
    let (quantity, price) = priced(line, document.currency.exponent);
    out.within("ram:IncludedSupplyChainTradeLineItem", |out| {
        out.within("ram:AssociatedDocumentLineDocument", |out| {
            out.leaf("ram:LineID", &line.id)
        })?;
        out.within("ram:SpecifiedTradeProduct", |out| {
            out.maybe("ram:SellerAssignedID", line.item.as_ref())?;
            out.leaf("ram:Name", &line.name)?;
            out.maybe("ram:Description", line.description.as_ref())
        })?;
        out.within("ram:SpecifiedLineTradeAgreement", |out| {
            out.within("ram:NetPriceProductTradePrice", |out| {
                out.leaf("ram:ChargeAmount", &price.to_string())
            })
        })?;
        out.within("ram:SpecifiedLineTradeDelivery", |out| {
            out.with(
                "ram:BilledQuantity",
                &[("unitCode", &line.unit)],
                &quantity.to_string(),
            )
        })?;
        out.within("ram:SpecifiedLineTradeSettlement", |out| {
            out.within("ram:ApplicableTradeTax", |out| {
                out.leaf("ram:TypeCode", "VAT")?;
                out.leaf("ram:CategoryCode", line.category.code())?;
                let rate = (line.category != Category::O).then(|| line.rate.normalize().to_string());
                out.maybe("ram:RateApplicablePercent", rate.as_ref())
            })?;
            period(out, line.period)?;
            for at in 0..line.discounts.len() {
                discount(out, document, line, at)?;
            }
            out.within("ram:SpecifiedTradeSettlementLineMonetarySummation", |out| {
                out.leaf("ram:LineTotalAmount", &amount(line.net, &document.currency)?)
            })
        })
    })
}

fn discount(out: &mut Out, document: &Document, line: &Line, at: usize) -> Written {
    let Some(taken) = line.discounts.get(at) else {
        return Ok(());
    };
    out.within("ram:SpecifiedTradeAllowanceCharge", |out| {
        out.within("ram:ChargeIndicator", |out| out.leaf("udt:Indicator", "false"))?;
        if let Some((percent, base)) = percent(line, at, document.currency.exponent) {
            out.leaf("ram:CalculationPercent", &percent.normalize().to_string())?;
            out.leaf("ram:BasisAmount", &amount(base, &document.currency)?)?;
        }
        out.leaf("ram:ActualAmount", &amount(taken.amount, &document.currency)?)?;
        out.leaf("ram:Reason", &taken.reason)
    })
}

fn agreement(out: &mut Out, document: &Document) -> Written {
    out.within("ram:ApplicableHeaderTradeAgreement", |out| {
        out.maybe("ram:BuyerReference", document.buyer_reference.as_ref())?;
        party(out, "ram:SellerTradeParty", &document.seller, true)?;
        party(out, "ram:BuyerTradeParty", &document.buyer, false)?;
        if let Some(order) = &document.purchase_order {
            out.within("ram:BuyerOrderReferencedDocument", |out| {
                out.leaf("ram:IssuerAssignedID", order)
            })?;
        }
        match &document.contract {
            None => Ok(()),
            Some(contract) => out.within("ram:ContractReferencedDocument", |out| {
                out.leaf("ram:IssuerAssignedID", contract)
            }),
        }
    })
}

fn party(out: &mut Out, name: &str, party: &Party, seller: bool) -> Written {
    out.within(name, |out| {
        out.leaf("ram:Name", &party.name)?;
        out.maybe("ram:Description", party.legal_note.as_ref().filter(|_| seller))?;
        if party.registration.is_some() || party.trading_name.is_some() {
            out.within("ram:SpecifiedLegalOrganization", |out| {
                if let Some(registration) = &party.registration {
                    out.scheme("ram:ID", registration.scheme.as_ref(), &registration.value)?;
                }
                out.maybe("ram:TradingBusinessName", party.trading_name.as_ref())
            })?;
        }
        if let Some(contact) = &party.contact {
            out.within("ram:DefinedTradeContact", |out| {
                out.maybe("ram:PersonName", contact.name.as_ref())?;
                if let Some(phone) = &contact.phone {
                    out.within("ram:TelephoneUniversalCommunication", |out| {
                        out.leaf("ram:CompleteNumber", phone)
                    })?;
                }
                match &contact.email {
                    None => Ok(()),
                    Some(mail) => out.within("ram:EmailURIUniversalCommunication", |out| {
                        out.leaf("ram:URIID", mail)
                    }),
                }
            })?;
        }
        address(out, &party.address)?;
        if let Some(endpoint) = &party.endpoint {
            out.within("ram:URIUniversalCommunication", |out| {
                out.scheme("ram:URIID", endpoint.scheme.as_ref(), &endpoint.value)
            })?;
        }
        for (id, scheme, there) in [(&party.vat_id, "VA", true), (&party.tax_number, "FC", seller)] {
            if let (Some(id), true) = (id, there) {
                out.within("ram:SpecifiedTaxRegistration", |out| {
                    out.with("ram:ID", &[("schemeID", scheme)], id)
                })?;
            }
        }
        Ok(())
    })
}

fn address(out: &mut Out, address: &Address) -> Written {
    out.within("ram:PostalTradeAddress", |out| {
        out.maybe("ram:PostcodeCode", address.post_code.as_ref())?;
        for (name, line) in ["ram:LineOne", "ram:LineTwo", "ram:LineThree"]
            .into_iter()
            .zip(&address.lines)
        {
            out.leaf(name, line)?;
        }
        out.maybe("ram:CityName", address.city.as_ref())?;
        out.leaf("ram:CountryID", &address.country)?;
        out.maybe("ram:CountrySubDivisionName", address.subdivision.as_ref())
    })
}

fn delivery(out: &mut Out, document: &Document) -> Written {
    let delivery = &document.delivery;
    out.within("ram:ApplicableHeaderTradeDelivery", |out| {
        if let Some(to) = &delivery.address {
            out.within("ram:ShipToTradeParty", |out| address(out, to))?;
        }
        if delivery.date.is_none() {
            return Ok(());
        }
        out.within("ram:ActualDeliverySupplyChainEvent", |out| {
            day(out, "ram:OccurrenceDateTime", "udt:DateTimeString", delivery.date)
        })
    })
}
