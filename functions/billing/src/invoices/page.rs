//! An invoice as a page to print: semantic HTML, no script, every value escaped.

use super::{AttemptStatus, Invoice, InvoiceLine, InvoiceStatus, InvoiceTax};
use crate::amounts::shown;
use shared::{
    money::Currency,
    page::{Page, escape},
    time::{Timestamp, rfc3339},
};

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:50rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.75rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.5rem;margin:0}dt{font-weight:600}dd{margin:0}\
table{border-collapse:collapse;width:100%;margin-top:.5rem}\
caption{text-align:left;font-weight:600;padding:.5rem 0}\
th,td{padding:.4rem .5rem;border-bottom:1px solid #767676;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
tfoot th,tfoot td{font-weight:700;border-bottom:3px double #111}\
@page{margin:20mm}\
@media print{body{margin:0;padding:0;max-width:none;font-size:11pt}thead{display:table-header-group}tr{break-inside:avoid}}";

/// The page of an invoice. `buyer` is the customer's name, where it can still be opened.
#[must_use]
pub fn of(invoice: &Invoice, seller: &str, buyer: Option<&str>) -> Page {
    let title = match &invoice.number {
        Some(number) => format!("Invoice {number}"),
        None => "Draft invoice".to_owned(),
    };
    let mut facts = vec![
        ("From", escape(seller)),
        ("To", escape(buyer.unwrap_or("(erased)"))),
        ("Customer", escape(invoice.customer.as_str())),
        ("Status", status(invoice)),
        ("Drafted", day(invoice.created_at.timestamp())),
    ];
    facts.extend(invoice.finalized_at.map(|at| ("Issued", day(at.timestamp()))));
    facts.extend(invoice.paid_at.map(|at| ("Paid", day(at.timestamp()))));
    facts.extend(invoice.due_on.iter().map(|day| ("Due", escape(day.as_str()))));
    if let Some(order) = &invoice.purchase_order {
        facts.push(("Purchase order", escape(order.as_str())));
    }
    if let Some(reference) = &invoice.reference {
        facts.push(("Reference", escape(reference.as_str())));
    }
    let facts: String = facts
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"))
        .collect();
    let lines: String = invoice
        .lines
        .iter()
        .map(|line| row(line, invoice.currency))
        .collect();
    let off: i64 = invoice.discounts.iter().map(|discount| discount.taken).sum();
    let mut taxes = if off == 0 {
        String::new()
    } else {
        sum("Discounts", -off, invoice.currency)
    };
    for tax in invoice
        .taxes
        .iter()
        .filter(|tax| tax.tax != 0 || tax.treatment.reason.is_some())
    {
        taxes.push_str(&sum(&taxed(tax, invoice.inclusive), tax.tax, invoice.currency));
    }
    let memo = match &invoice.memo {
        Some(memo) => format!("<h2>Note</h2>\n<p>{}</p>\n", escape(memo.as_str())),
        None => String::new(),
    };
    let body = format!(
        "<main>\n<h1>{}</h1>\n<dl>\n{facts}</dl>\n<table>\n<caption>Lines, in {}</caption>\n\
         <thead><tr><th scope=\"col\">Description</th><th scope=\"col\" class=\"n\">Quantity</th>\
         <th scope=\"col\" class=\"n\">Unit price</th><th scope=\"col\" class=\"n\">Amount</th></tr></thead>\n\
         <tbody>\n{lines}</tbody>\n\
         <tfoot>{taxes}<tr><th scope=\"row\" colspan=\"3\">Total</th><td class=\"n\">{}</td></tr></tfoot>\n\
         </table>\n{memo}</main>",
        escape(&title),
        escape(invoice.currency.code()),
        escape(&shown(invoice.total, invoice.currency)),
    );
    Page {
        language: "en",
        title: format!("{title} – {seller}"),
        style: STYLE,
        body,
    }
}

/// A line of the sums.
fn sum(name: &str, amount: i64, currency: Currency) -> String {
    format!(
        "<tr><th scope=\"row\" colspan=\"3\">{}</th><td class=\"n\">{}</td></tr>\n",
        escape(name),
        escape(&shown(amount, currency))
    )
}

/// What a tax is called.
fn taxed(tax: &InvoiceTax, inclusive: bool) -> String {
    let within = if inclusive { " (included)" } else { "" };
    match &tax.treatment.reason {
        Some(reason) => format!("Tax 0 %: {}", reason.as_str()),
        None => format!("Tax {} %{within}", tax.treatment.rate.as_str()),
    }
}

fn row(line: &InvoiceLine, currency: Currency) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escape(&line.description),
        escape(line.quantity_decimal.as_str()),
        escape(&line.unit_amount.shown(currency)),
        escape(&shown(line.amount, currency)),
    )
}

fn status(invoice: &Invoice) -> String {
    let pending = invoice
        .payment
        .as_ref()
        .is_some_and(|attempt| attempt.status == AttemptStatus::Pending);
    let text = match invoice.status {
        InvoiceStatus::Draft => "Draft: not an invoice yet",
        InvoiceStatus::Open if pending => "Open, a payment is under way",
        InvoiceStatus::Open => "Open",
        InvoiceStatus::Paid => "Paid",
        InvoiceStatus::Void => "Void",
        InvoiceStatus::Uncollectible => "Written off",
    };
    text.to_owned()
}

/// A day (UTC) with its exact time for programs.
fn day(at: Timestamp) -> String {
    let exact = rfc3339(at);
    let day = exact.split('T').next().unwrap_or_default();
    format!("<time datetime=\"{}\">{}</time>", escape(&exact), escape(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::{tests::draft, texts::Texts};
    use shared::text::{Line, Reference};

    #[test]
    fn no_value_is_markup() {
        let evil = "<script>alert(1)</script>\"'&";
        let texts = Texts {
            lines: vec![Line::parse(evil).unwrap()],
            memo: Line::parse(evil).ok(),
            reference: Reference::parse("<b>\"'&").ok(),
            ..Texts::default()
        };
        let invoice = Invoice::of(&draft(123_450), Some(&texts));
        let html = of(&invoice, evil, Some(evil)).html();
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        // Seller twice (title and body), customer, line and memo.
        assert_eq!(
            html.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;")
                .count(),
            5
        );
        assert!(
            html.contains("1,234.50 EUR") && html.contains("<title>Draft invoice"),
            "{html}"
        );
    }

    #[test]
    fn a_numbered_invoice_says_so_and_an_erased_customer_is_named_by_id() {
        let invoice = draft(5).finalized(7, Timestamp::UNIX_EPOCH).unwrap();
        let invoice = Invoice::of(&invoice, None);
        let html = of(&invoice, "Shop", None).html();
        assert!(
            html.contains("<h1>Invoice INV-000007</h1>") && html.contains("(erased)"),
            "{html}"
        );
        assert!(html.contains(invoice.customer.as_str()) && html.contains(">1970-01-01</time>"));
    }
}
