//! The vault: what is deleted stays unreadable, a whole number is seen once and by two people, and IBANs are kept like
//! cards.

use crate::{
    cases::text,
    support::{Answer, Findings, Tenant, cards, random, run, time::until, world},
};
use futures::future::join_all;
use serde_json::{Value, json};

const METHODS: &str = "/vault/v1/payment-methods";
const IBAN: &str = "DE89370400440532013000";

fn of(id: &str) -> String {
    format!("{METHODS}/{id}")
}

fn iban_body(customer: &str, number: &str) -> Value {
    json!({"customer": customer, "number": number, "holder": "Ada Lovelace"})
}

/// The entry of what was done to an object.
async fn entry(tenant: &Tenant, activity: &str, object: &str) -> Value {
    let listed = tenant.all.get("/audit/v1/entries?limit=100").await.ok();
    let entries = listed["data"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| &e["entry"]);
    let mut of_it = entries.filter(|e| e["activity"] == activity && e["object"] == object);
    let done = of_it.find(|e| e["outcome"] == "succeeded");
    done.unwrap_or_else(|| panic!("no {activity} of {object} in {listed}"))
        .clone()
}

#[test]
fn what_is_deleted_is_gone_for_reads_and_charges_and_can_still_be_refunded() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let (path, pays) = (of(&buyer.card), buyer.pays(500, true));
        let paid = tenant.all.post("/payments/v1/payments", &pays).await.is(201);
        let other = tenant.card(&buyer.customer, &cards::good()).await;

        tenant.all.delete(&path).await.is(204);
        tenant.all.get(&path).await.refused(404, "not_found");
        tenant.all.delete(&path).await.refused(404, "not_found");
        let reveal = format!("{path}/reveal");
        let body = json!({"reason": "To see"});
        tenant.all.post(&reveal, &body).await.refused(404, "not_found");
        let left = tenant
            .all
            .all(&format!("{METHODS}?customer={}", buyer.customer))
            .await;
        assert_eq!(left.len(), 1);
        assert_eq!(text(&left[0], "id"), other);
        let refused = tenant
            .all
            .post("/payments/v1/payments", &pays)
            .await
            .refused(422, "invalid_input");
        assert_eq!(refused["errors"][0]["pointer"], "/payment_method");

        let payment = format!("/payments/v1/payments/{}", text(&paid, "id"));
        let read = tenant.all.get(&payment).await.ok();
        assert_eq!(
            (&read["card"], &read["status"]),
            (&paid["card"], &json!("captured"))
        );
        let refund = tenant
            .all
            .post(&format!("{payment}/refunds"), &json!({"amount": 500}))
            .await
            .is(201);
        assert_eq!(refund["status"], "succeeded");
        let entry = entry(&tenant, "vault.delete_payment_method", &buyer.card).await;
        assert_eq!(entry["code"], "X", "{entry}");
    });
}

#[test]
fn fifty_deletions_and_charges_at_once_delete_once_and_fail_clearly() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let (tenant, buyer, path) = (&tenant, &buyer, of(&buyer.card));
        let path = &path;
        let answers = join_all((0..50).map(|n| async move {
            if n % 5 == 0 {
                tenant
                    .all
                    .post("/payments/v1/payments", &buyer.pays(100, true))
                    .await
            } else {
                tenant.all.delete(path).await
            }
        }))
        .await;
        let mut findings = Findings::default();
        for answer in &answers {
            findings.check(
                [201, 204, 404, 409, 422, 429, 503].contains(&answer.status),
                || answer.told(),
            );
        }
        let deleted = answers.iter().filter(|a| a.status == 204).count();
        findings.check(deleted == 1, || format!("deleted {deleted} times"));
        findings.none();
        tenant.all.get(path).await.refused(404, "not_found");
    });
}

async fn reveal(tenant: &Tenant, path: &str, body: &Value) -> crate::support::Request {
    let request = tenant.all.request("POST", &format!("{path}/reveal")).await;
    request.json(body).key(&random(22))
}

fn number(answer: &Answer) -> String {
    text(&answer.is(200), "number")
}

#[test]
fn a_number_is_seen_once_with_a_reason_and_by_two_people() {
    run(async {
        let tenant = Tenant::new().await;
        let good = cards::good();
        let buyer = tenant.buyer_with(&good).await;
        let path = of(&buyer.card);
        let body = json!({"reason": "The issuer asks for it"});

        let without = reveal(&tenant, &path, &json!({})).await.send().await;
        let refused = without.refused(422, "invalid_input");
        assert_eq!(refused["errors"][0]["pointer"], "/reason");
        let blank = reveal(&tenant, &path, &json!({}))
            .await
            .header("x-access-reason", "  ");
        blank.send().await.refused(422, "invalid_input");

        let request = reveal(&tenant, &path, &body).await;
        let waiting = request.clone().send().await;
        assert!(!waiting.is(202).to_string().contains(&good));
        let made_up = request
            .clone()
            .header("approval-id", "apr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A");
        let refused = made_up.send().await.refused(404, "approval_not_found");
        assert!(!refused.to_string().contains(&good));
        let approval = tenant.decides(&waiting, "approve").await;
        let other = of(&tenant.buyer().await.card);
        let elsewhere = reveal(&tenant, &other, &body)
            .await
            .header("approval-id", &approval);
        elsewhere.send().await.refused(409, "approval_mismatch");

        let approved = request.clone().header("approval-id", &approval);
        let (request, tenant, approved) = (&request, &tenant, &approved);
        let answers = join_all((0..50).map(|n| {
            let again = reveal(tenant, &path, &body);
            let approval = approval.clone();
            async move {
                match n {
                    0 => approved.clone().send().await,
                    _ => again.await.header("approval-id", &approval).send().await,
                }
            }
        }))
        .await;
        let seen: Vec<String> = answers.iter().filter(|a| a.status == 200).map(number).collect();
        assert_eq!(
            seen,
            std::slice::from_ref(&good),
            "one approval shows the number once"
        );
        for answer in answers.iter().filter(|a| a.status != 200) {
            assert!(!answer.told().contains(&good), "{}", answer.told());
        }
        // A repetition under the same key gives nothing either.
        let again = request.clone().header("approval-id", &approval).send().await;
        assert_eq!(again.status, 409, "{}", again.told());
        let entry = entry(tenant, "vault.reveal_payment_method", &buyer.card).await;
        assert!(!entry.to_string().contains(&good), "{entry}");
        assert_eq!(
            (&entry["code"], &entry["details"]["request"]["reason"]),
            (&json!("X"), &body["reason"])
        );
    });
}

#[test]
fn an_iban_is_kept_like_a_card_and_is_not_charged() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let made = tenant
            .all
            .post(METHODS, &iban_body(&customer, "de89 3704 0044 0532 0130 00"))
            .await
            .is(201);
        let shown = json!({"type": "iban", "country": "DE", "last4": "3000", "holder": "Ada Lovelace"});
        for (name, value) in shown.as_object().expect("fields") {
            assert_eq!(&made[name], value, "{made}");
        }
        assert!(made["brand"].is_null() && made["exp_year"].is_null() && !made.to_string().contains(IBAN));
        let path = of(&text(&made, "id"));
        assert_eq!(tenant.all.get(&path).await.ok(), made);
        let again = tenant
            .all
            .post(METHODS, &iban_body(&customer, IBAN))
            .await
            .is(201);
        assert!(
            again.get("fingerprint").is_none() && made.get("fingerprint").is_none(),
            "{again}"
        );

        let pays =
            json!({"customer": customer, "payment_method": made["id"], "amount": 100, "currency": "EUR"});
        let refused = tenant
            .all
            .post("/payments/v1/payments", &pays)
            .await
            .refused(422, "invalid_input");
        assert!(
            text(&refused["errors"][0], "detail").contains("IBAN"),
            "{refused}"
        );
        // What bills by itself passes it over.
        let invoice = tenant.open_invoice(&customer, &["100"]).await;
        let pay = format!("{invoice}/pay");
        tenant
            .all
            .post(&pay, &json!({}))
            .await
            .refused(422, "no_payment_method");
        tenant.card(&customer, &cards::good()).await;
        assert_eq!(tenant.all.post(&pay, &json!({})).await.ok()["status"], "paid");

        let request = reveal(&tenant, &path, &json!({"reason": "A mandate"})).await;
        assert_eq!(number(&tenant.with_approval(request).await), IBAN);
        tenant.all.delete(&path).await.is(204);
        tenant.all.get(&path).await.refused(404, "not_found");
    });
}

/// Card numbers that look the same: the first six and the last four digits are those of one, and the check digit holds.
fn alike(many: usize) -> Vec<String> {
    let numbers = (0..1_000_000).map(|middle| format!("424242{middle:06}4242"));
    let valid = |number: &String| {
        let digits = number.bytes().rev().enumerate().map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            match (at % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        });
        digits.sum::<u32>() % 10 == 0
    };
    numbers.filter(valid).take(many).collect()
}

#[test]
fn fifty_guesses_of_a_card_are_twenty_and_raise_an_alert() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let store = |number: &str| {
            let (body, all) = (world::card_body(&customer, number), &tenant.all);
            async move { all.post(METHODS, &body).await }
        };
        let numbers = alike(51);
        let answers = join_all(numbers.iter().take(50).map(|number| store(number))).await;
        let (taken, refused): (Vec<_>, Vec<_>) = answers
            .iter()
            .zip(&numbers)
            .partition(|(answer, _)| answer.status == 201);
        assert_eq!(taken.len(), 20, "{:?}", refused.first().map(|(a, _)| a.told()));
        for (answer, _) in &refused {
            answer.refused(429, "too_many_guesses");
            assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0));
        }
        // Nothing tells one from another, and a number that is known is no guess.
        for (answer, number) in taken.iter().take(2) {
            assert!(!answer.text.contains("fingerprint"), "{}", answer.text);
            store(number).await.is(201);
        }
        store(&numbers[50]).await.refused(429, "too_many_guesses");
        store(&cards::good()).await.is(201);
        // Another client of the same person guesses on their account.
        let other = tenant.client(&["integration"]).await;
        let body = world::card_body(&customer, &numbers[50]);
        other.post(METHODS, &body).await.refused(429, "too_many_guesses");
        let found = async || {
            let alerts = tenant.all.all("/audit/v1/alerts").await;
            alerts.into_iter().find(|alert| alert["rule"] == "card_guessed")
        };
        let alert = until("the alert", 60, found).await;
        assert_eq!(alert["severity"], "high", "{alert}");
    });
}

#[test]
fn numbers_that_are_neither_card_nor_iban_are_refused_without_being_repeated() {
    run(async {
        let shop = world::shop().await;
        let customer = shop.customer().await;
        let mut findings = Findings::default();
        for (mut body, pointer) in [
            (iban_body(&customer, "DE88370400440532013000"), "/number"),
            (iban_body(&customer, "US64SVBKUS6S3300958879"), "/number"),
            (iban_body(&customer, "DE8937040044053201300"), "/number"),
            (iban_body(&customer, "4242424242424242"), "/exp_month"),
            (world::card_body(&customer, IBAN), "/exp_month"),
        ] {
            let answer = shop.all.post(METHODS, &body).await;
            let told = answer.told();
            let refused = answer.refused(422, "invalid_input");
            findings.check(refused["errors"][0]["pointer"] == pointer, || told.clone());
            let number = body["number"].take();
            let number = number.as_str().expect("a number");
            findings.check(!refused.to_string().contains(number), || told);
        }
        findings.none();
    });
}
