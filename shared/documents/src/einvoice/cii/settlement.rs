//! How it is paid, tax and sums (BG-16, BG-19 to BG-23, BT-20).

use super::{Written, day, period};
use crate::{
    document::{Allowance, Category, Document, Means, TaxGroup},
    einvoice::{amount, means, out::Out},
};

pub fn write(out: &mut Out, document: &Document) -> Written {
    out.within("ram:ApplicableHeaderTradeSettlement", |out| {
        if let Means::DirectDebit { creditor, .. } = &document.payment.means {
            out.leaf("ram:CreditorReferenceID", creditor)?;
        }
        out.maybe("ram:PaymentReference", document.payment.remittance.as_ref())?;
        if let Some(accounting) = &document.accounting {
            out.leaf("ram:TaxCurrencyCode", &accounting.currency.code)?;
        }
        out.leaf("ram:InvoiceCurrencyCode", &document.currency.code)?;
        out.within("ram:SpecifiedTradeSettlementPaymentMeans", |out| {
            out.leaf("ram:TypeCode", means(document))?;
            account(out, &document.payment.means)
        })?;
        for group in &document.groups {
            self::group(out, document, group)?;
        }
        period(out, document.delivery.period)?;
        for taken in &document.allowances {
            allowance(out, document, taken)?;
        }
        terms(out, document)?;
        totals(out, document)?;
        let Some(preceding) = &document.preceding else {
            return Ok(());
        };
        out.within("ram:InvoiceReferencedDocument", |out| {
            out.leaf("ram:IssuerAssignedID", &preceding.number)?;
            day(
                out,
                "ram:FormattedIssueDateTime",
                "qdt:DateTimeString",
                preceding.issued,
            )
        })
    })
}

fn account(out: &mut Out, means: &Means) -> Written {
    match means {
        Means::Undefined => Ok(()),
        Means::Transfer {
            account,
            holder,
            bank,
        } => {
            out.within("ram:PayeePartyCreditorFinancialAccount", |out| {
                let known = crate::iban::is(account);
                if known {
                    out.leaf("ram:IBANID", &crate::iban::compact(account))?;
                }
                out.maybe("ram:AccountName", holder.as_ref())?;
                if known {
                    Ok(())
                } else {
                    out.leaf("ram:ProprietaryID", account)
                }
            })?;
            match bank {
                None => Ok(()),
                Some(bank) => out.within("ram:PayeeSpecifiedCreditorFinancialInstitution", |out| {
                    out.leaf("ram:BICID", bank)
                }),
            }
        }
        Means::Card { last4, holder } => out.within("ram:ApplicableTradeSettlementFinancialCard", |out| {
            out.leaf("ram:ID", last4)?;
            out.maybe("ram:CardholderName", holder.as_ref())
        }),
        Means::DirectDebit { account, .. } => out.within("ram:PayerPartyDebtorFinancialAccount", |out| {
            out.leaf("ram:IBANID", &crate::iban::compact(account))
        }),
    }
}

fn group(out: &mut Out, document: &Document, group: &TaxGroup) -> Written {
    out.within("ram:ApplicableTradeTax", |out| {
        out.leaf("ram:CalculatedAmount", &amount(group.tax, &document.currency)?)?;
        out.leaf("ram:TypeCode", "VAT")?;
        out.maybe("ram:ExemptionReason", group.reason.as_ref())?;
        out.leaf("ram:BasisAmount", &amount(group.taxable, &document.currency)?)?;
        out.leaf("ram:CategoryCode", group.category.code())?;
        out.maybe("ram:ExemptionReasonCode", group.reason_code.as_ref())?;
        out.leaf("ram:RateApplicablePercent", &group.rate.normalize().to_string())
    })
}

fn allowance(out: &mut Out, document: &Document, taken: &Allowance) -> Written {
    out.within("ram:SpecifiedTradeAllowanceCharge", |out| {
        out.within("ram:ChargeIndicator", |out| out.leaf("udt:Indicator", "false"))?;
        out.leaf("ram:ActualAmount", &amount(taken.amount, &document.currency)?)?;
        out.leaf("ram:Reason", &taken.reason)?;
        out.within("ram:CategoryTradeTax", |out| {
            out.leaf("ram:TypeCode", "VAT")?;
            out.leaf("ram:CategoryCode", taken.category.code())?;
            let rate = (taken.category != Category::O).then(|| taken.rate.normalize().to_string());
            out.maybe("ram:RateApplicablePercent", rate.as_ref())
        })
    })
}

fn terms(out: &mut Out, document: &Document) -> Written {
    let mandate = match &document.payment.means {
        Means::DirectDebit { mandate, .. } => Some(mandate),
        _ => None,
    };
    let payment = &document.payment;
    if payment.terms.is_none() && document.due.is_none() && mandate.is_none() {
        return Ok(());
    }
    out.within("ram:SpecifiedTradePaymentTerms", |out| {
        out.maybe("ram:Description", payment.terms.as_ref())?;
        day(out, "ram:DueDateDateTime", "udt:DateTimeString", document.due)?;
        out.maybe("ram:DirectDebitMandateID", mandate)
    })
}

fn totals(out: &mut Out, document: &Document) -> Written {
    let totals = document.totals;
    let currency = &document.currency;
    out.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |out| {
        out.leaf("ram:LineTotalAmount", &amount(totals.lines, currency)?)?;
        if !document.allowances.is_empty() {
            out.leaf("ram:AllowanceTotalAmount", &amount(totals.allowances, currency)?)?;
        }
        out.leaf("ram:TaxBasisTotalAmount", &amount(totals.net, currency)?)?;
        out.with(
            "ram:TaxTotalAmount",
            &[("currencyID", &currency.code)],
            &amount(totals.tax, currency)?,
        )?;
        if let Some(accounting) = &document.accounting {
            out.with(
                "ram:TaxTotalAmount",
                &[("currencyID", &accounting.currency.code)],
                &amount(accounting.tax, &accounting.currency)?,
            )?;
        }
        out.leaf("ram:GrandTotalAmount", &amount(totals.gross, currency)?)?;
        if totals.prepaid != 0 {
            out.leaf("ram:TotalPrepaidAmount", &amount(totals.prepaid, currency)?)?;
        }
        out.leaf("ram:DuePayableAmount", &amount(totals.due, currency)?)
    })
}
