//! The ledger: what money moves is posted once, in the transaction that moves it; the books say so, and come to zero.

use crate::{
    cases::text,
    support::{Caller, Tenant, cards, random, run, time::until, world},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HANDS: usize = 50;

/// What each kind of account comes to, by a trial balance that is zero as a whole.
async fn balances(caller: &Caller, query: &str) -> BTreeMap<String, i64> {
    let told = caller.get(&format!("/ledger/v1/trial-balance{query}")).await.ok();
    for proof in told["proof"].as_array().expect("a proof") {
        assert_eq!(proof["difference"], 0, "{told}");
        assert_eq!(proof["debit"], proof["credit"], "{told}");
    }
    let lines = told["accounts"].as_array().expect("accounts");
    lines
        .iter()
        .map(|line| (text(line, "type"), line["balance"].as_i64().expect("a balance")))
        .collect()
}

fn told(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter()
        .map(|(kind, amount)| ((*kind).to_owned(), *amount))
        .collect()
}

/// What something has posted: the lines of each entry, by kind of account.
async fn posted(caller: &Caller, source: &str) -> Vec<BTreeMap<String, i64>> {
    let entries = caller.all(&format!("/ledger/v1/journal?source={source}")).await;
    let lines = |entry: &Value| {
        let lines = entry["lines"].as_array().expect("lines").iter();
        let kind = |line: &Value| {
            text(line, "account")
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        lines
            .map(|line| (kind(line), line["amount"].as_i64().expect("an amount")))
            .collect()
    };
    entries.iter().map(lines).collect()
}

#[test]
fn what_moves_money_is_posted_once_and_the_books_come_to_zero() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        assert!(balances(all, "").await.is_empty());
        let buyer = tenant.buyer().await;
        let body = buyer.pays(1_000, true);
        let paid = all.post_as("/payments/v1/payments", "once", &body).await.is(201);
        all.post_as("/payments/v1/payments", "once", &body).await.is(201);
        let payment = text(&paid, "id");
        let captured = told(&[
            ("cash_in_transit", 986),
            ("customer_credit", -1_000),
            ("fees", 14),
        ]);
        assert_eq!(posted(all, &payment).await, [captured]);

        let held = all
            .post("/payments/v1/payments", &buyer.pays(500, false))
            .await
            .is(201);
        let held = text(&held, "id");
        assert_eq!(
            posted(all, &held).await,
            [],
            "what is only reserved moves no money"
        );
        let capture = format!("/payments/v1/payments/{held}/capture");
        all.post(&capture, &json!({"amount": 200})).await.is(200);
        let captured = told(&[("cash_in_transit", 197), ("customer_credit", -200), ("fees", 3)]);
        assert_eq!(posted(all, &held).await, [captured]);

        let refunds = format!("/payments/v1/payments/{payment}/refunds");
        let refund = all.post(&refunds, &json!({"amount": 300})).await.is(201);
        let back = told(&[("cash_in_transit", -300), ("customer_credit", 300)]);
        assert_eq!(posted(all, &text(&refund, "id")).await, [back]);

        let path = tenant.open_invoice(&buyer.customer, &["300", "400"]).await;
        let invoice = path.rsplit('/').next().expect("an id");
        assert_eq!(
            posted(all, invoice).await,
            [told(&[("receivable", 700), ("revenue", -700)])]
        );
        let paid = all.post(&format!("{path}/pay"), &json!({})).await.is(200);
        let settled = told(&[("cash_in_transit", 690), ("fees", 10), ("receivable", -700)]);
        assert_eq!(posted(all, &text(&paid["payment"], "id")).await, [settled]);

        let all_of_it = told(&[
            ("cash_in_transit", 1_573),
            ("customer_credit", -900),
            ("fees", 27),
            ("receivable", 0),
            ("revenue", -700),
        ]);
        assert_eq!(balances(all, "").await, all_of_it);

        // Booked behind the journal's stream.
        let statement = format!(
            "/ledger/v1/accounts/receivable.{}/statement?currency=EUR",
            buyer.customer
        );
        let rows = until("the statement", 20, async || {
            let rows = all.all(&statement).await;
            (rows.len() == 2).then_some(rows)
        })
        .await;
        let amounts = |row: &Value| (row["amount"].as_i64(), row["balance"].as_i64());
        assert_eq!(
            rows.iter().map(amounts).collect::<Vec<_>>(),
            [(Some(-700), Some(0)), (Some(700), Some(700))]
        );
        let entry = all
            .get(&format!("/ledger/v1/journal/{}", text(&rows[1], "id")))
            .await
            .ok();
        assert_eq!(
            (&entry["source"], &entry["id"]),
            (&json!(invoice), &rows[1]["id"])
        );
        let month: String = text(&entry, "at").chars().take(7).collect();
        assert_eq!(balances(all, &format!("?month={month}")).await, all_of_it);
        assert_eq!(balances(all, "?as_of=2020-01-01T00:00:00Z").await, told(&[]));
        assert_eq!(balances(all, "?as_of=2999-01-01T00:00:00Z").await, all_of_it);
        let accounts = all.all("/ledger/v1/accounts?type=cash_in_transit").await;
        assert_eq!((accounts.len(), &accounts[0]["balance"]), (1, &json!(1_573)));

        let journal = all.all("/ledger/v1/journal").await;
        assert_eq!(journal.len(), 5);
        let first = text(&journal[4], "at");
        assert_eq!(all.all(&format!("/ledger/v1/journal?to={first}")).await.len(), 1);
        assert_eq!(
            all.all(&format!("/ledger/v1/journal?from={first}")).await.len(),
            5
        );
        tenant
            .client(&["support"])
            .await
            .get("/ledger/v1/trial-balance")
            .await
            .refused(403, "forbidden");
    });
}

#[test]
fn fifty_hands_capture_what_there_is_and_post_what_they_captured() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        let held = text(&tenant.payment(30, false).await, "id");
        let path = format!("/payments/v1/payments/{held}/capture");
        let body = json!({"amount": 1});
        let mut taken = 0;
        for _ in 0..10 {
            let answers = join_all((0..HANDS).map(async |_| all.post(&path, &body).await)).await;
            taken += answers.iter().filter(|answer| answer.is_success()).count();
            if taken >= 30 {
                break;
            }
        }
        let payment = all.get(&format!("/payments/v1/payments/{held}")).await.ok();
        let captured = payment["captured"].as_i64().expect("an amount");
        assert_eq!(captured, 30, "{payment}");
        assert_eq!(posted(all, &held).await.len(), 30);
        // Entries of one moment may be booked in another order: one that comes before the last in the books is counted with the next.
        let told = told(&[("cash_in_transit", 30), ("customer_credit", -30)]);
        until("all of them in the books", 70, async || {
            (balances(all, "").await == told).then_some(())
        })
        .await;
    });
}

#[test]
fn an_account_that_is_none_is_refused() {
    run(async {
        let shop = world::shop().await;
        for bad in ["cash", "receivable", "revenue.a%23b"] {
            let path = format!("/ledger/v1/accounts/{bad}/statement?currency=EUR");
            let status = shop.all.get(&path).await.status;
            assert!((400..500).contains(&status), "{bad}: {status}");
        }
        let both = "/ledger/v1/trial-balance?month=2026-11&as_of=2026-11-01T00:00:00Z";
        shop.all.get(both).await.refused(422, "invalid_input");
    });
}

#[test]
fn what_somebody_writes_balances_and_does_not_go_into_a_closed_month() {
    run(async {
        let tenant = Tenant::new().await;
        let (writes, closes) = (
            tenant.client(&["accountant"]).await,
            tenant.client(&["controller"]).await,
        );
        let line =
            |account: &str, amount: i64| json!({"account": account, "currency": "EUR", "amount": amount});
        let entry = |at: &str, last: i64| {
            let lines = [line("bank", 125), line("revenue.other", last)];
            json!({"reason": "Interest", "at": at, "lines": lines})
        };
        let path = "/ledger/v1/journal";
        let post = async |body: &Value| {
            let request = writes.request("POST", path).await.json(body);
            tenant.with_approval(request.key(&random(20))).await
        };
        let (before, later) = ("2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z");
        let unknown = [
            line("receivable.cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", 1),
            line("bank", -1),
        ];
        for bad in [
            entry(before, -124),
            entry("2999-01-01T00:00:00Z", -125),
            json!({"reason": "Interest", "lines": unknown}),
            json!({"reason": "Interest", "lines": [line("bank", 0), line("suspense", 0)]}),
        ] {
            writes.post(path, &bad).await.refused(422, "invalid_input");
        }
        let posted = post(&entry(before, -125)).await.is(201);
        assert_eq!(
            (&posted["source_type"], &posted["reason"]),
            (&json!("manual"), &json!("Interest"))
        );

        let close = async |month: &str| {
            let path = format!("/ledger/v1/periods/{month}/close");
            let request = closes.request("POST", &path).await.json(&json!({}));
            tenant.with_approval(request.key(&random(20))).await
        };
        close("2999-01").await.refused(409, "wrong_state");
        close("2026-01").await.is(200);
        close("2026-01").await.refused(409, "wrong_state");
        post(&entry(before, -125)).await.refused(409, "month_closed");
        post(&entry(later, -125)).await.is(201);
        let both_entries = told(&[("bank", 250), ("revenue", -250)]);
        assert_eq!(balances(&tenant.all, "").await, both_entries);
        let rows = until("the report", 20, async || {
            let rows = tenant.all.all("/ledger/v1/reports/revenue?month=2026-01").await;
            (!rows.is_empty()).then_some(rows)
        })
        .await;
        assert_eq!(
            (&rows[0]["of"], &rows[0]["balance"]),
            (&json!("other"), &json!(-125))
        );
        // Nobody is given both.
        let roles = json!({"name": "Both", "roles": ["accountant", "controller"]});
        tenant
            .admin
            .post("/tenancy/v1/api-clients", &roles)
            .await
            .refused(422, "invalid_input");
    });
}

#[test]
fn what_moves_money_takes_no_further_call_and_few_units() {
    run(async {
        let tenant = Tenant::new().await;
        let (good, bad) = (
            tenant.buyer().await,
            tenant.buyer_with(&cards::with("40000002")).await,
        );
        let mut least = [(f64::MAX, u64::MAX); 2];
        // One call in a block also fetches tokens of the rate limit, and one a minute notes when its caller was last seen.
        for _ in 0..4 {
            for (least, buyer) in least.iter_mut().zip([&good, &bad]) {
                let answer = tenant
                    .all
                    .post("/payments/v1/payments", &buyer.pays(1_000, true))
                    .await;
                answer.is(201);
                let calls = answer.calls();
                *least = (least.0.min(calls.written), least.1.min(calls.dynamodb));
            }
        }
        let [(captured, calls), (declined, others)] = least;
        println!("units written: {captured} where money moves, {declined} where none does; {calls} calls");
        assert_eq!(calls, others);
        assert!(
            captured - declined <= 6.0,
            "{captured} units, not {declined} and 6"
        );
    });
}
