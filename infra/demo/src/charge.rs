//! The main job: each customer gets a card and is charged row by row, and some of it is given back.

use super::{
    api::{Answer, Api, Call, Client, Who},
    hooks,
    ledger::Kind,
    out::Progress,
    rows::{CURRENCY, Dataset, Row},
    tally::{Charged, Tally, Unsettled},
};
use futures::{StreamExt, stream};
use serde_json::json;

/// Of this many rows one is refunded by half, when it was captured.
const REFUND_EVERY: u64 = 10;

/// Countries of customers, by id.
const COUNTRIES: [&str; 10] = ["DE", "FR", "AT", "BE", "NL", "ES", "IT", "PL", "PT", "IE"];

/// Everything that a customer's payments need.
struct Job<'a> {
    api: &'a Api,
    client: &'a Client,
    dataset: &'a str,
    progress: &'a Progress,
}

/// Charges every row, several customers at a time; a customer's own rows one after the other.
pub(super) async fn charge(
    api: &Api,
    client: &Client,
    dataset: &Dataset,
    concurrency: usize,
) -> Result<Tally, String> {
    let total = u64::try_from(dataset.rows.len()).unwrap_or(u64::MAX);
    let progress = Progress::new(&api.clock, "payments", total);
    let job = Job {
        api,
        client,
        dataset: &dataset.name,
        progress: &progress,
    };
    let job = &job;
    let customers = stream::iter(dataset.by_customer());
    let mut tallies = customers
        .map(|(id, rows)| async move { job.customer(id, &rows).await })
        .buffer_unordered(concurrency.max(1));
    let mut total = Tally::default();
    while let Some(tally) = tallies.next().await {
        total.merge(tally?);
    }
    progress.end();
    Ok(total)
}

impl Job<'_> {
    fn key(&self, of: &str, id: &dyn std::fmt::Display) -> String {
        format!("demo-{}-{of}-{id}", self.dataset)
    }

    async fn post(
        &self,
        kind: Kind,
        path: &str,
        body: serde_json::Value,
        key: String,
    ) -> Result<Answer, String> {
        self.api
            .send(&Call::post(kind, Who::Client(self.client), path, body).keyed(key))
            .await
    }

    /// One customer. What the platform refuses is told row by row; only a platform that does not answer ends the run.
    async fn customer(&self, id: u64, rows: &[&Row]) -> Result<Tally, String> {
        let mut tally = Tally::default();
        let (customer, card) = match self.register(id, &mut tally).await? {
            Ok(registered) => registered,
            Err(why) => {
                rows.iter().for_each(|row| tally.refuse(row.line, &why));
                self.progress.add(u64::try_from(rows.len()).unwrap_or(0));
                return Ok(tally);
            }
        };
        for row in rows {
            self.pay(row, &customer, &card, &mut tally).await?;
            self.progress.add(1);
        }
        Ok(tally)
    }

    /// The customer and their card, as ids; the inner error is a refusal.
    async fn register(&self, id: u64, tally: &mut Tally) -> Result<Result<(String, String), String>, String> {
        let country = usize::try_from(id % 10)
            .ok()
            .and_then(|n| COUNTRIES.get(n))
            .copied()
            .unwrap_or("DE");
        let body = json!({
            "name": format!("Customer {id}"),
            "email": format!("customer-{id}@example.com"),
            "country": country,
        });
        let made = self
            .post(
                Kind::Customer,
                "/billing/v1/customers",
                body,
                self.key("cus", &id),
            )
            .await?;
        let made = match made.success(&format!("customer {id}")) {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let customer = made.text("id").to_owned();
        if made.fresh {
            tally.customers += 1;
            tally.expected.insert(hooks::name("customer.created", &customer));
        }
        let body = json!({
            "customer": customer,
            "number": super::card::number(id),
            "exp_month": 12,
            "exp_year": 2034,
        });
        let made = self
            .post(Kind::Card, "/vault/v1/payment-methods", body, self.key("pm", &id))
            .await?;
        let made = match made.success(&format!("the card of customer {id}")) {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let card = made.text("id").to_owned();
        if made.fresh {
            tally.cards += 1;
            tally
                .expected
                .insert(hooks::name("payment_method.created", &card));
        }
        Ok(Ok((customer, card)))
    }

    async fn pay(&self, row: &Row, customer: &str, card: &str, tally: &mut Tally) -> Result<(), String> {
        let body = json!({
            "customer": customer,
            "payment_method": card,
            "amount": row.amount,
            "currency": CURRENCY,
            "capture": true,
            "reference": format!("txn-{}", row.transaction),
        });
        let key = self.key("txn", &row.transaction);
        let made = match self
            .post(Kind::Payment, "/payments/v1/payments", body, key)
            .await?
            .success("payment")
        {
            Ok(made) => made,
            Err(why) => {
                tally.refuse(row.line, &why);
                return Ok(());
            }
        };
        let (payment, status) = (made.text("id").to_owned(), made.text("status").to_owned());
        if made.body.get("amount").and_then(serde_json::Value::as_i64) != Some(row.amount) {
            tally.refuse(row.line, &format!("{payment} is about another amount"));
            return Ok(());
        }
        tally.payments.entry(status.clone()).or_default().add(row.amount);
        if made.fresh {
            tally.made += 1;
            tally.expect_payment(&payment, &status);
        }
        if matches!(status.as_str(), "captured" | "unknown") {
            let charged = tally.charged.entry(customer.to_owned()).or_default();
            charged.push(Charged {
                payment: payment.clone(),
                amount: row.amount,
                transaction: row.transaction.clone(),
                line: row.line,
                captured: status == "captured",
            });
        }
        if status == "unknown" {
            tally.unsettled.push(Unsettled {
                payment: payment.clone(),
                amount: row.amount,
                fresh: made.fresh,
            });
        }
        // Chosen by the row, not by the order of answers, so that a second run chooses the same.
        if status == "captured" && row.ordinal % REFUND_EVERY == REFUND_EVERY - 1 {
            self.refund(row, &payment, tally).await?;
        }
        Ok(())
    }

    async fn refund(&self, row: &Row, payment: &str, tally: &mut Tally) -> Result<(), String> {
        let amount = (row.amount / 2).max(1);
        let path = format!("/payments/v1/payments/{payment}/refunds");
        let key = self.key("ref", &row.transaction);
        match self
            .post(Kind::Refund, &path, json!({"amount": amount}), key)
            .await?
            .success("refund")
        {
            Ok(made) => {
                let status = made.text("status").to_owned();
                if made.fresh {
                    tally.refunded += 1;
                    if matches!(status.as_str(), "succeeded" | "failed") {
                        tally
                            .expected
                            .insert(hooks::name(&format!("refund.{status}"), made.text("id")));
                    }
                }
                tally.refunds.entry(status).or_default().add(amount);
            }
            Err(why) => tally.refuse(row.line, &why),
        }
        Ok(())
    }
}
