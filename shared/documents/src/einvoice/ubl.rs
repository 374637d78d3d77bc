//! UBL 2.1, as EN 16931-3-2 maps the standard to it. Elements stand in the order of the schema.

mod parties;

use super::{NoEinvoice, PROCESS, amount, means, notes, out::Out, percent, priced};
use crate::document::{Allowance, Category, Document, Kind, Line, Means, Period, TaxGroup};
use parties::{account, address, party};
use rust_decimal::Decimal;

const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

type Written = Result<(), NoEinvoice>;

pub fn write(document: &Document, guideline: &str) -> Result<String, NoEinvoice> {
    let (root, namespace) = match document.kind {
        Kind::Invoice => (
            "Invoice",
            "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
        ),
        Kind::CreditNote => (
            "CreditNote",
            "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
        ),
    };
    let mut out = Out::new();
    let namespaces = [("xmlns", namespace), ("xmlns:cac", CAC), ("xmlns:cbc", CBC)];
    out.root(root, &namespaces, |out| whole(out, document, guideline))?;
    out.finish()
}

fn whole(out: &mut Out, document: &Document, guideline: &str) -> Written {
    head(out, document, guideline)?;
    references(out, document)?;
    let creditor = match &document.payment.means {
        Means::DirectDebit { creditor, .. } => Some(creditor),
        _ => None,
    };
    out.within("cac:AccountingSupplierParty", |out| {
        party(out, &document.seller, creditor, true)
    })?;
    out.within("cac:AccountingCustomerParty", |out| {
        party(out, &document.buyer, None, false)
    })?;
    delivery(out, document)?;
    payment(out, document)?;
    for taken in &document.allowances {
        allowance(out, document, taken)?;
    }
    tax(out, document)?;
    totals(out, document)?;
    for line in &document.lines {
        self::line(out, document, line)?;
    }
    Ok(())
}

fn head(out: &mut Out, document: &Document, guideline: &str) -> Written {
    out.leaf("cbc:CustomizationID", guideline)?;
    out.leaf("cbc:ProfileID", PROCESS)?;
    out.leaf("cbc:ID", &document.number)?;
    out.leaf("cbc:IssueDate", &document.issued.to_string())?;
    match (document.kind, document.due) {
        (Kind::Invoice, due) => {
            out.maybe("cbc:DueDate", due.map(|due| due.to_string()).as_ref())?;
            out.leaf("cbc:InvoiceTypeCode", "380")?;
        }
        (Kind::CreditNote, _) => out.leaf("cbc:CreditNoteTypeCode", "381")?,
    }
    for note in notes(document, document.profile) {
        out.leaf("cbc:Note", &note)?;
    }
    out.leaf("cbc:DocumentCurrencyCode", &document.currency.code)?;
    if let Some(accounting) = &document.accounting {
        out.leaf("cbc:TaxCurrencyCode", &accounting.currency.code)?;
    }
    out.maybe("cbc:BuyerReference", document.buyer_reference.as_ref())
}

fn references(out: &mut Out, document: &Document) -> Written {
    period(out, document.delivery.period)?;
    if let Some(order) = &document.purchase_order {
        out.within("cac:OrderReference", |out| out.leaf("cbc:ID", order))?;
    }
    if let Some(preceding) = &document.preceding {
        out.within("cac:BillingReference", |out| {
            out.within("cac:InvoiceDocumentReference", |out| {
                out.leaf("cbc:ID", &preceding.number)?;
                out.maybe(
                    "cbc:IssueDate",
                    preceding.issued.map(|day| day.to_string()).as_ref(),
                )
            })
        })?;
    }
    if let Some(contract) = &document.contract {
        out.within("cac:ContractDocumentReference", |out| {
            out.leaf("cbc:ID", contract)
        })?;
    }
    Ok(())
}

fn delivery(out: &mut Out, document: &Document) -> Written {
    let delivery = &document.delivery;
    if delivery.date.is_none() && delivery.address.is_none() {
        return Ok(());
    }
    out.within("cac:Delivery", |out| {
        out.maybe(
            "cbc:ActualDeliveryDate",
            delivery.date.map(|day| day.to_string()).as_ref(),
        )?;
        match &delivery.address {
            None => Ok(()),
            Some(to) => out.within("cac:DeliveryLocation", |out| address(out, "cac:Address", to)),
        }
    })
}

fn payment(out: &mut Out, document: &Document) -> Written {
    let payment = &document.payment;
    out.within("cac:PaymentMeans", |out| {
        out.leaf("cbc:PaymentMeansCode", means(document))?;
        if document.kind == Kind::CreditNote {
            out.maybe(
                "cbc:PaymentDueDate",
                document.due.map(|due| due.to_string()).as_ref(),
            )?;
        }
        out.maybe("cbc:PaymentID", payment.remittance.as_ref())?;
        account(out, &payment.means)
    })?;
    match &payment.terms {
        None => Ok(()),
        Some(terms) => out.within("cac:PaymentTerms", |out| out.leaf("cbc:Note", terms)),
    }
}

fn money(out: &mut Out, document: &Document, name: &str, minor: i64) -> Written {
    let currency = &document.currency;
    let text = amount(minor, currency)?;
    out.with(name, &[("currencyID", &currency.code)], &text)
}

fn allowance(out: &mut Out, document: &Document, taken: &Allowance) -> Written {
    out.within("cac:AllowanceCharge", |out| {
        out.leaf("cbc:ChargeIndicator", "false")?;
        out.leaf("cbc:AllowanceChargeReason", &taken.reason)?;
        money(out, document, "cbc:Amount", taken.amount)?;
        let rate = (taken.category != Category::O).then_some(taken.rate);
        category(out, "cac:TaxCategory", taken.category, rate, None)
    })
}

fn tax(out: &mut Out, document: &Document) -> Written {
    out.within("cac:TaxTotal", |out| {
        money(out, document, "cbc:TaxAmount", document.totals.tax)?;
        for group in &document.groups {
            out.within("cac:TaxSubtotal", |out| {
                money(out, document, "cbc:TaxableAmount", group.taxable)?;
                money(out, document, "cbc:TaxAmount", group.tax)?;
                let rate = Some(group.rate);
                category(out, "cac:TaxCategory", group.category, rate, Some(group))
            })?;
        }
        Ok(())
    })?;
    let Some(accounting) = &document.accounting else {
        return Ok(());
    };
    let text = amount(accounting.tax, &accounting.currency)?;
    out.within("cac:TaxTotal", |out| {
        out.with(
            "cbc:TaxAmount",
            &[("currencyID", &accounting.currency.code)],
            &text,
        )
    })
}

fn totals(out: &mut Out, document: &Document) -> Written {
    let totals = document.totals;
    let any = !document.allowances.is_empty();
    out.within("cac:LegalMonetaryTotal", |out| {
        money(out, document, "cbc:LineExtensionAmount", totals.lines)?;
        money(out, document, "cbc:TaxExclusiveAmount", totals.net)?;
        money(out, document, "cbc:TaxInclusiveAmount", totals.gross)?;
        if any {
            money(out, document, "cbc:AllowanceTotalAmount", totals.allowances)?;
        }
        if totals.prepaid != 0 {
            money(out, document, "cbc:PrepaidAmount", totals.prepaid)?;
        }
        money(out, document, "cbc:PayableAmount", totals.due)
    })
}

fn line(out: &mut Out, document: &Document, line: &Line) -> Written {
    let (name, quantity) = match document.kind {
        Kind::Invoice => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
        Kind::CreditNote => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
    };
    out.within(name, |out| {
        out.leaf("cbc:ID", &line.id)?;
        let (count, price) = priced(line, document.currency.exponent);
        out.with(quantity, &[("unitCode", &line.unit)], &count.to_string())?;
        money(out, document, "cbc:LineExtensionAmount", line.net)?;
        period(out, line.period)?;
        for at in 0..line.discounts.len() {
            discount(out, document, line, at)?;
        }
        out.within("cac:Item", |out| {
            out.maybe("cbc:Description", line.description.as_ref())?;
            out.leaf("cbc:Name", &line.name)?;
            if let Some(item) = &line.item {
                out.within("cac:SellersItemIdentification", |out| out.leaf("cbc:ID", item))?;
            }
            let rate = (line.category != Category::O).then_some(line.rate);
            category(out, "cac:ClassifiedTaxCategory", line.category, rate, None)
        })?;
        out.within("cac:Price", |out| {
            out.with(
                "cbc:PriceAmount",
                &[("currencyID", &document.currency.code)],
                &price.to_string(),
            )
        })
    })
}

fn discount(out: &mut Out, document: &Document, line: &Line, at: usize) -> Written {
    let Some(taken) = line.discounts.get(at) else {
        return Ok(());
    };
    let shown = percent(line, at, document.currency.exponent);
    out.within("cac:AllowanceCharge", |out| {
        out.leaf("cbc:ChargeIndicator", "false")?;
        out.leaf("cbc:AllowanceChargeReason", &taken.reason)?;
        if let Some((percent, _)) = shown {
            out.leaf("cbc:MultiplierFactorNumeric", &percent.normalize().to_string())?;
        }
        money(out, document, "cbc:Amount", taken.amount)?;
        match shown {
            Some((_, base)) => money(out, document, "cbc:BaseAmount", base),
            None => Ok(()),
        }
    })
}

fn period(out: &mut Out, period: Option<Period>) -> Written {
    let Some(period) = period else {
        return Ok(());
    };
    out.within("cac:InvoicePeriod", |out| {
        out.leaf("cbc:StartDate", &period.first.to_string())?;
        out.leaf("cbc:EndDate", &period.last.to_string())
    })
}

fn category(
    out: &mut Out,
    name: &str,
    category: Category,
    rate: Option<Decimal>,
    group: Option<&TaxGroup>,
) -> Written {
    out.within(name, |out| {
        out.leaf("cbc:ID", category.code())?;
        out.maybe(
            "cbc:Percent",
            rate.map(|rate| rate.normalize().to_string()).as_ref(),
        )?;
        if let Some(group) = group {
            out.maybe("cbc:TaxExemptionReasonCode", group.reason_code.as_ref())?;
            out.maybe("cbc:TaxExemptionReason", group.reason.as_ref())?;
        }
        out.within("cac:TaxScheme", |out| out.leaf("cbc:ID", "VAT"))
    })
}
