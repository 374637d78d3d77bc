//! After the payments: each customer is billed for what was captured, and the numbers of all invoices are counted through.

use super::{
    access::page,
    api::{Answer, Api, Call, Client, Who},
    hooks,
    ledger::Kind,
    out::Progress,
    rows::CURRENCY,
    tally::{Charged, Sum, Tally},
};
use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};

/// Most lines of an invoice.
const LINES: usize = 100;

/// What the invoices of a run have come to.
#[derive(Debug, Default, Serialize)]
pub(super) struct Invoices {
    /// How many, and their totals.
    pub(super) sum: Sum,
    /// The lowest number among them.
    pub(super) first: Option<String>,
    /// The highest.
    pub(super) last: Option<String>,
    /// Whether the numbers of all invoices of the tenant run from 1 without gap or repeat.
    pub(super) gapless: bool,
}

/// An invoice that has its number.
struct Numbered {
    number: String,
    total: i64,
}

/// Bills every customer for their captured payments, one line for each payment.
pub(super) async fn bill(
    api: &Api,
    client: &Client,
    dataset: &str,
    tally: &mut Tally,
    concurrency: usize,
) -> Result<Invoices, String> {
    let mut bills = Vec::new();
    for (customer, charged) in std::mem::take(&mut tally.charged) {
        let captured: Vec<Charged> = charged.into_iter().filter(|charged| charged.captured).collect();
        bills.extend(
            captured
                .chunks(LINES)
                .map(|lines| (customer.clone(), lines.to_vec())),
        );
    }
    let total = u64::try_from(bills.len()).unwrap_or(u64::MAX);
    let progress = Progress::new(&api.clock, "invoices", total);
    let job = Job { api, client, dataset };
    let (job, shown) = (&job, &progress);
    let mut made = stream::iter(bills)
        .map(|(customer, lines)| async move {
            let billed = job.invoice(&customer, &lines).await;
            shown.add(1);
            billed
        })
        .buffer_unordered(concurrency.max(1));
    let mut invoices = Invoices::default();
    while let Some(billed) = made.next().await {
        let (numbered, part) = billed?;
        tally.merge(part);
        if let Some(numbered) = numbered {
            invoices.add(numbered);
        }
    }
    progress.end();
    invoices.gapless = gapless(&numbers(api, client).await?);
    Ok(invoices)
}

impl Invoices {
    fn add(&mut self, invoice: Numbered) {
        self.sum.add(invoice.total);
        let number = invoice.number;
        if self
            .first
            .as_ref()
            .is_none_or(|first| place(&number) < place(first))
        {
            self.first = Some(number.clone());
        }
        if self.last.as_ref().is_none_or(|last| place(&number) > place(last)) {
            self.last = Some(number);
        }
    }
}

/// Everything that an invoice needs.
struct Job<'a> {
    api: &'a Api,
    client: &'a Client,
    dataset: &'a str,
}

impl Job<'_> {
    async fn post(&self, path: &str, body: Value, key: String) -> Result<Answer, String> {
        let call = Call::post(Kind::Invoice, Who::Client(self.client), path, body);
        self.api.send(&call.keyed(key)).await
    }

    /// Drafts and numbers one invoice. What the platform refuses is told; only a platform that does not answer ends
    /// the run.
    async fn invoice(&self, customer: &str, lines: &[Charged]) -> Result<(Option<Numbered>, Tally), String> {
        let mut tally = Tally::default();
        let Some(first) = lines.first() else {
            return Ok((None, tally));
        };
        // What is billed decides the key, so that more rows of the same file are another invoice.
        let key = |of: &str| {
            let (dataset, transaction) = (self.dataset, &first.transaction);
            format!("demo-{dataset}-{of}-{transaction}-{}", lines.len())
        };
        let body = json!({"customer": customer, "currency": CURRENCY, "lines": lines.iter().map(line).collect::<Vec<_>>()});
        let drafted = self.post("/billing/v1/invoices", body, key("inv")).await?;
        let drafted = match drafted.success("invoice") {
            Ok(drafted) => drafted,
            Err(why) => {
                tally.refuse(first.line, &why);
                return Ok((None, tally));
            }
        };
        let id = drafted.text("id").to_owned();
        if drafted.fresh {
            tally.invoiced += 1;
            tally.expected.insert(hooks::name("invoice.created", &id));
        }
        let path = format!("/billing/v1/invoices/{id}/finalize");
        let done = match self
            .post(&path, json!({}), key("fin"))
            .await?
            .success("finalizing")
        {
            Ok(done) => done,
            Err(why) => {
                tally.refuse(first.line, &why);
                return Ok((None, tally));
            }
        };
        if done.fresh {
            tally.expected.insert(hooks::name("invoice.finalized", &id));
        }
        let (number, total) = (
            done.text("number").to_owned(),
            done.body.get("total").and_then(Value::as_i64).unwrap_or(0),
        );
        Ok((Some(Numbered { number, total }), tally))
    }
}

/// A line about a payment.
fn line(charged: &Charged) -> Value {
    json!({
        "description": format!("Transaction {}", charged.transaction),
        "unit_amount": charged.amount.to_string(),
        "payment": charged.payment,
    })
}

/// The numbers of every invoice of the tenant that has one.
async fn numbers(api: &Api, client: &Client) -> Result<Vec<String>, String> {
    let mut numbers = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let path = page("/billing/v1/invoices?limit=100", cursor.as_deref());
        let call = Call::get(Who::Client(client), path);
        let answer = api.send(&call).await?.success("reading invoices")?;
        let data = answer.body.get("data").and_then(Value::as_array);
        let found = data.into_iter().flatten();
        numbers.extend(found.filter_map(|invoice| invoice.get("number")?.as_str().map(str::to_owned)));
        match answer.body.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(numbers),
        }
    }
}

/// What a number counts: 17 of `INV-000017`.
fn place(number: &str) -> Option<u64> {
    number.strip_prefix("INV-")?.parse().ok()
}

/// Whether numbers run from 1 without gap or repeat, in whatever order they come.
fn gapless(numbers: &[String]) -> bool {
    let mut places: Vec<Option<u64>> = numbers.iter().map(|number| place(number)).collect();
    places.sort_unstable();
    places
        .into_iter()
        .zip(1..)
        .all(|(place, expected)| place == Some(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_repeats_are_found() {
        for (numbers, good) in [
            (vec![], true),
            (vec!["INV-000002", "INV-000001", "INV-000003"], true),
            (vec!["INV-000002"], false),
            (vec!["INV-000001", "INV-000003"], false),
            (vec!["INV-000001", "INV-000001"], false),
            (vec!["INV-000001", "INV-x"], false),
        ] {
            let owned: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            assert_eq!(gapless(&owned), good, "{numbers:?}");
        }
    }

    #[test]
    fn first_and_last_follow_the_number_and_not_its_letters() {
        let mut invoices = Invoices::default();
        for number in ["INV-999999", "INV-1000000", "INV-000017"] {
            invoices.add(Numbered {
                number: number.into(),
                total: 5,
            });
        }
        assert_eq!(
            (invoices.first.as_deref(), invoices.last.as_deref()),
            (Some("INV-000017"), Some("INV-1000000"))
        );
        assert_eq!((invoices.sum.count, invoices.sum.minor), (3, 15));
    }
}
