//! Risk: checks that count nothing, and lists that payments and checks honour alike.

use crate::{
    cases::text,
    support::{
        Answer, Tenant, cards, run,
        time::{pause, within_the_hour},
        world::Buyer,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

const CHECKS: &str = "/risk/v1/checks";
const LISTS: &str = "/risk/v1/lists";
const PAYMENTS: &str = "/payments/v1/payments";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

fn asked(buyer: &Buyer, cents: i64) -> Value {
    json!({"customer": buyer.customer, "payment_method": buyer.card, "amount": cents, "currency": "EUR"})
}

async fn check(tenant: &Tenant, buyer: &Buyer, cents: i64) -> Value {
    tenant.all.post(CHECKS, &asked(buyer, cents)).await.is(201)
}

async fn pay(tenant: &Tenant, buyer: &Buyer, cents: i64) -> Value {
    tenant.all.post(PAYMENTS, &buyer.pays(cents, true)).await.is(201)
}

fn codes(verdict: &Value) -> Vec<String> {
    let reasons = verdict["reasons"].as_array().expect("reasons");
    // How near it is to a limit declines nothing.
    let codes = reasons.iter().map(|reason| text(reason, "code"));
    codes.filter(|code| code != "near_limit").collect()
}

/// What a check and a payment say: they must agree.
async fn decided(tenant: &Tenant, buyer: &Buyer, cents: i64) -> Vec<String> {
    let told = check(tenant, buyer, cents).await;
    let paid = pay(tenant, buyer, cents).await;
    assert_eq!(told["outcome"], paid["risk"]["outcome"], "{told} {paid}");
    let declined = told["outcome"] == "decline";
    assert_eq!(
        paid["status"],
        if declined { "declined" } else { "captured" },
        "{paid}"
    );
    assert_eq!(codes(&told), codes(&paid["risk"]), "{told} {paid}");
    assert_eq!(codes(&told).is_empty(), !declined);
    codes(&told)
}

/// A new list, and where its items go.
async fn list(tenant: &Tenant, kind: &str) -> String {
    let body = json!({"name": format!("Own {kind} list"), "kind": kind});
    let made = tenant.all.post(LISTS, &body).await.is(201);
    assert_eq!((&made["kind"], &made["name"]), (&body["kind"], &body["name"]));
    format!("{LISTS}/{}/items", text(&made, "id"))
}

async fn put(tenant: &Tenant, items: &str, body: &Value) -> Value {
    tenant.all.post(items, body).await.is(201)
}

#[test]
fn a_check_is_kept_and_counts_for_nothing() {
    run(async {
        within_the_hour(60).await;
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        tenant.limits_amounts(&[("EUR", 100_000)]).await;
        let made = join_all((0..40).map(|_| check(&tenant, &buyer, 100))).await;
        for told in &made {
            assert_eq!(
                (&told["outcome"], &told["score"]),
                (&json!("accept"), &json!(0)),
                "{told}"
            );
        }
        let first = &made[0];
        assert!(text(first, "id").starts_with("chk_") && text(first, "created_at").ends_with('Z'));
        let read = tenant
            .all
            .get(&format!("{CHECKS}/{}", text(first, "id")))
            .await
            .ok();
        assert_eq!(read, *first);
        // Forty checks are more than any limit, and the payment goes on.
        assert_eq!(pay(&tenant, &buyer, 100).await["status"], "captured");
        let after = check(&tenant, &buyer, 100).await;
        assert_eq!(after["score"], 1, "one payment of thirty an hour: {after}");
        let alone = json!({"customer": buyer.customer, "amount": 100, "currency": "EUR"});
        let alone = tenant.all.post(CHECKS, &alone).await.is(201);
        assert!(
            alone["payment_method"].is_null() && alone["score"] == 1,
            "{alone}"
        );
        assert_eq!(decided(&tenant, &buyer, 100_001).await, ["amount_limit"]);
    });
}

#[test]
fn a_check_names_what_exists_and_belongs_together() {
    run(async {
        let tenant = Tenant::new().await;
        let (one, two) = (tenant.buyer().await, tenant.buyer().await);
        let good = asked(&one, 100);
        for (field, value, pointer) in [
            ("customer", json!("cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"), "/customer"),
            ("customer", json!(one.card), "/customer"),
            ("customer", Value::Null, "/customer"),
            ("payment_method", json!(two.card), "/payment_method"),
            (
                "payment_method",
                json!("pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
                "/payment_method",
            ),
            ("amount", json!(0), "/amount"),
            ("amount", json!("100"), "/amount"),
            ("currency", json!("XXX"), "/currency"),
            ("score", json!(0), "/score"),
        ] {
            let mut body = good.clone();
            body[field] = value;
            let answer = tenant.all.post(CHECKS, &body).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{body}: {}", answer.told());
        }
        let nothing = tenant
            .all
            .get(&format!("{CHECKS}/chk_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"))
            .await;
        nothing.refused(404, "not_found");
    });
}

#[test]
fn who_is_denied_pays_nothing_until_the_last_list_lets_go() {
    run(async {
        let tenant = Tenant::new().await;
        let number = cards::good();
        let (one, two) = (tenant.buyer_with(&number).await, tenant.buyer_with(&number).await);
        let (first, second) = (list(&tenant, "deny").await, list(&tenant, "deny").await);
        assert_eq!(decided(&tenant, &one, 100).await, [""; 0]);
        let card = json!({"payment_method": one.card, "note": "Stolen"});
        let item = put(&tenant, &first, &card).await;
        assert_eq!((&item["active"], &item["note"]), (&json!(true), &json!("Stolen")));
        // The same card, stored by somebody else, is denied, too.
        for buyer in [&one, &two] {
            assert_eq!(decided(&tenant, buyer, 100).await, ["deny_list"]);
        }
        put(&tenant, &second, &json!({"payment_method": two.card})).await;
        let gone = put(
            &tenant,
            &first,
            &json!({"payment_method": two.card, "expires_at": LONG_AGO}),
        )
        .await;
        assert_eq!(
            (&gone["id"], &gone["active"]),
            (&item["id"], &json!(false)),
            "the same item ends"
        );
        assert_eq!(
            decided(&tenant, &one, 100).await,
            ["deny_list"],
            "the other list still names it"
        );
        put(
            &tenant,
            &second,
            &json!({"payment_method": one.card, "expires_at": LONG_AGO}),
        )
        .await;
        for buyer in [&one, &two] {
            assert_eq!(decided(&tenant, buyer, 100).await, [""; 0]);
        }
        put(&tenant, &first, &json!({"customer": one.customer})).await;
        assert_eq!(decided(&tenant, &one, 100).await, ["deny_list"]);
        assert_eq!(decided(&tenant, &two, 100).await, [""; 0], "the card is free");
        let items = tenant.all.all(&first).await;
        assert_eq!(items.len(), 2, "{items:?}");
        let customer = items
            .iter()
            .find(|item| item["customer"] == one.customer.as_str());
        assert_eq!(customer.expect("an item")["active"], true);
        let shown = tenant.all.get(&first).await.text;
        assert!(!shown.contains("card#") && !shown.contains(&number), "{shown}");
        let lists: Vec<String> = tenant
            .all
            .all(LISTS)
            .await
            .iter()
            .map(|l| text(l, "kind"))
            .collect();
        assert_eq!(lists, ["deny", "deny"]);
    });
}

#[test]
fn an_item_ends_by_itself() {
    run(async {
        let tenant = Tenant::new().await;
        let (buyer, other) = (tenant.buyer().await, tenant.buyer().await);
        let items = list(&tenant, "deny").await;
        // Some seconds from now, as the platform's clock has it; not across a minute.
        let now = loop {
            let now = text(&check(&tenant, &buyer, 100).await, "created_at");
            if now[17..19].parse::<u32>().expect("seconds") < 50 {
                break now;
            }
            pause(2_000).await;
        };
        let second = now[17..19].parse::<u32>().expect("seconds") + 8;
        let end = format!("{}{second:02}Z", &now[..17]);
        for subject in [
            json!({"payment_method": buyer.card}),
            json!({"customer": other.customer}),
        ] {
            let mut body = subject;
            body["expires_at"] = json!(end);
            let item = put(&tenant, &items, &body).await;
            assert_eq!(
                (&item["active"], text(&item, "expires_at")),
                (&json!(true), format!("{}{second:02}.000Z", &now[..17]))
            );
        }
        for buyer in [&buyer, &other] {
            assert_eq!(decided(&tenant, buyer, 100).await, ["deny_list"]);
        }
        pause(8_500).await;
        for buyer in [&buyer, &other] {
            assert_eq!(decided(&tenant, buyer, 100).await, [""; 0]);
        }
        let listed = tenant.all.all(&items).await;
        assert!(
            listed.len() == 2 && listed.iter().all(|item| item["active"] == false),
            "{listed:?}"
        );
    });
}

#[test]
fn an_allowed_card_skips_velocity_and_nothing_else() {
    run(async {
        within_the_hour(120).await;
        let tenant = Tenant::new().await;
        tenant.limits_amounts(&[("EUR", 100_000)]).await;
        let number = cards::good();
        let (one, two) = (tenant.buyer_with(&number).await, tenant.buyer_with(&number).await);
        let paid = join_all((0..20).map(|_| pay(&tenant, &one, 100))).await;
        assert!(paid.iter().all(|paid| paid["status"] == "captured"), "{paid:?}");
        assert_eq!(decided(&tenant, &two, 100).await, ["velocity"]);
        let (allow, deny) = (list(&tenant, "allow").await, list(&tenant, "deny").await);
        put(&tenant, &allow, &json!({"payment_method": one.card})).await;
        for buyer in [&two, &two, &one] {
            assert_eq!(decided(&tenant, buyer, 100).await, [""; 0]);
        }
        assert_eq!(decided(&tenant, &two, 100_001).await, ["amount_limit"]);
        put(&tenant, &deny, &json!({"payment_method": two.card})).await;
        assert_eq!(
            decided(&tenant, &two, 100).await,
            ["deny_list"],
            "a denial is stronger"
        );
        put(
            &tenant,
            &deny,
            &json!({"payment_method": two.card, "expires_at": LONG_AGO}),
        )
        .await;
        assert_eq!(decided(&tenant, &two, 100).await, [""; 0]);
        put(
            &tenant,
            &allow,
            &json!({"payment_method": two.card, "expires_at": LONG_AGO}),
        )
        .await;
        assert_eq!(decided(&tenant, &two, 100).await, ["velocity"]);
        // An allowed customer does not lift what holds up the card.
        put(&tenant, &allow, &json!({"customer": two.customer})).await;
        assert_eq!(decided(&tenant, &two, 100).await, ["velocity"]);
    });
}

#[test]
fn items_name_one_subject_that_exists_on_a_list_that_exists() {
    run(async {
        let tenant = Tenant::new().await;
        let (buyer, other) = (tenant.buyer().await, Tenant::new().await);
        let stranger = other.buyer().await;
        let items = list(&tenant, "deny").await;
        for (body, pointer) in [
            (json!({}), "/customer"),
            (
                json!({"customer": buyer.customer, "payment_method": buyer.card}),
                "/payment_method",
            ),
            (json!({"customer": stranger.customer}), "/customer"),
            (json!({"payment_method": stranger.card}), "/payment_method"),
            (json!({"customer": "card#00"}), "/customer"),
            (
                json!({"customer": buyer.customer, "expires_at": "tomorrow"}),
                "/expires_at",
            ),
            (
                json!({"customer": buyer.customer, "expires_at": 1_900_000_000}),
                "/expires_at",
            ),
            (json!({"customer": buyer.customer, "kind": "allow"}), "/kind"),
        ] {
            let answer = tenant.all.post(&items, &body).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{body}: {}", answer.told());
        }
        assert!(tenant.all.all(&items).await.is_empty());
        let nowhere = format!("{LISTS}/lst_01JD3X8M9V5T2Q4R6S8W0Y1Z2A/items");
        let body = json!({"customer": buyer.customer});
        tenant.all.post(&nowhere, &body).await.refused(404, "not_found");
        tenant.all.get(&nowhere).await.refused(404, "not_found");
        for body in [
            json!({"name": "x"}),
            json!({"name": "", "kind": "deny"}),
            json!({"name": "x", "kind": "grey"}),
        ] {
            tenant.all.post(LISTS, &body).await.refused(422, "invalid_input");
        }
        assert_eq!(tenant.all.all(LISTS).await.len(), 1);
        assert_eq!(decided(&tenant, &buyer, 100).await, [""; 0]);
    });
}

#[test]
fn fifty_hands_on_one_line_leave_what_the_lists_say() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let lists = [list(&tenant, "deny").await, list(&tenant, "deny").await];
        let hands = |body: Value| {
            let (tenant, lists) = (&tenant, &lists);
            let calls = (0..50).map(move |hand| {
                let body = body.clone();
                async move { tenant.all.post(&lists[hand % 2], &body).await }
            });
            join_all(calls)
        };
        let added: Vec<Answer> = hands(json!({"payment_method": buyer.card})).await;
        for answer in &added {
            answer.is(201);
        }
        for items in &lists {
            assert_eq!(tenant.all.all(items).await.len(), 1, "one item for the card");
        }
        assert_eq!(codes(&check(&tenant, &buyer, 100).await), ["deny_list"]);
        let end = json!({"payment_method": buyer.card, "expires_at": LONG_AGO});
        put(&tenant, &lists[0], &end).await;
        assert_eq!(codes(&check(&tenant, &buyer, 100).await), ["deny_list"]);
        for answer in hands(end).await {
            answer.is(201);
        }
        assert_eq!(
            decided(&tenant, &buyer, 100).await,
            [""; 0],
            "nothing is left of it"
        );
    });
}

#[test]
fn a_tenant_gets_no_more_lists_than_its_limit() {
    run(async {
        let tenant = Tenant::new().await;
        let body = json!({"name": "One of many", "kind": "allow"});
        let mut made = 0;
        for _ in 0..3 {
            let answers = join_all((0..50).map(|_| tenant.all.post(LISTS, &body))).await;
            for refused in answers.iter().filter(|answer| !answer.is_success()) {
                refused.refused(409, "too_many_lists");
            }
            made += answers.iter().filter(|answer| answer.is_success()).count();
        }
        assert_eq!(made, 100, "a hundred and fifty tried");
        assert_eq!(tenant.all.all(LISTS).await.len(), 100);
    });
}
