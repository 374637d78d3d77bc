//! Names, addresses, passwords, roles, cursors and paths that are wrong, and what they would break.

use crate::{
    bad_input::{refused, with},
    cases::text,
    support::{Findings, Tenant, platform, random, run, world},
    walls::difference,
};
use serde_json::json;

#[test]
fn names_addresses_and_what_they_would_break() {
    run(async {
        let tenant = Tenant::new().await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let valid = world::customer_body();
        let secret = random(20);
        let lines = [
            String::new(),
            "   ".to_owned(),
            format!("{secret}\u{0}"),
            format!("{secret}\n{secret}"),
            format!("{secret}{}", "x".repeat(200)),
        ];
        let values = lines.iter().map(|line| ("name", line.clone())).chain(
            [
                "",
                "a",
                "@b.co",
                "a@b",
                "a b@c.de",
                "a..b@c.de",
                "<a@b.co>",
                "a@b.co,c@d.co",
                "a@b.co\r\nBcc: c@d.co",
            ]
            .map(|address| {
                (
                    "email",
                    format!("{address}{}", if address.is_empty() { "" } else { "\u{1}" }),
                )
            })
            .into_iter()
            .chain([
                ("email", format!("{secret}@nowhere")),
                ("country", "de".into()),
                ("country", "DEU".into()),
                ("reference", "a b".into()),
                ("reference", "x".repeat(101)),
            ]),
        );
        for (field, value) in values {
            let answer = tenant
                .all
                .post("/billing/v1/customers", &with(&valid, field, json!(value)))
                .await;
            refused(&mut findings, &format!("{value:?}"), field, &answer);
            findings.check(!answer.text.contains(&secret), || {
                format!("{value:?} is in the answer: {}", answer.text)
            });
        }
        let after = tenant.snapshot(&[]).await;
        findings.check(before == after, || difference(&before, &after));
        findings.none();
    });
}

#[test]
fn tenants_and_clients() {
    run(async {
        let (operator, tenant) = (world::operator(platform()), world::shop().await);
        let mut findings = Findings::default();
        let people = [world::Person::new(), world::Person::new()];
        let valid = world::tenant_body("Weak", &people);
        let own_name = format!("{}Aa1", people[0].name.replace(' ', ""));
        for weak in [
            "short1",
            "abcdefghijklmnop",
            "123456789012345678",
            "password123456789",
            "aaaaaaaaaaaaaaa1",
            &own_name,
            &people[0].email,
        ] {
            let mut body = valid.clone();
            body["administrators"][0]["password"] = json!(weak);
            let answer = operator.post("/tenancy/v1/tenants", &body).await;
            refused(&mut findings, weak, "administrators/0/password", &answer);
            findings.check(!answer.text.contains(weak), || {
                format!("{weak} is in the answer: {}", answer.text)
            });
        }
        for number in [0, 1, 6] {
            let people: Vec<_> = (0..number).map(|_| world::Person::new()).collect();
            let answer = operator
                .post("/tenancy/v1/tenants", &world::tenant_body("Crowd", &people))
                .await;
            refused(
                &mut findings,
                &format!("{number} people"),
                "administrators",
                &answer,
            );
        }
        let twins = [
            people[0].clone(),
            world::Person {
                email: people[0].email.to_uppercase(),
                ..world::Person::new()
            },
        ];
        let answer = operator
            .post("/tenancy/v1/tenants", &world::tenant_body("Twins", &twins))
            .await;
        refused(&mut findings, "one address twice", "administrators", &answer);
        for (field, value) in [
            ("roles", json!([])),
            ("roles", json!(["no_such_role"])),
            ("roles", json!(["administrator"])),
            ("roles", json!(["operator"])),
            ("roles", json!(["support", "administrator"])),
            ("roles", json!(["../support"])),
            ("networks", json!(["10.0.0.0/33"])),
            ("networks", json!(["everywhere"])),
        ] {
            let body = with(
                &json!({"name": "Own", "roles": ["support"]}),
                field,
                value.clone(),
            );
            let answer = tenant.admin.post("/tenancy/v1/api-clients", &body).await;
            refused(&mut findings, &value.to_string(), field, &answer);
        }
        findings.none();
    });
}

#[test]
fn cursors_of_another_list_of_another_caller_and_of_another_query() {
    run(async {
        let (shop, neighbour) = (Tenant::new().await, world::neighbour().await);
        for _ in 0..3 {
            shop.payment(100, true).await;
        }
        let page = shop.all.get("/billing/v1/customers?limit=1").await.ok();
        let cursor = text(&page, "next_cursor");
        let here = format!("/billing/v1/customers?limit=1&cursor={cursor}");
        let next = shop.all.get(&here).await.ok();
        assert_ne!(
            next["data"][0]["id"], page["data"][0]["id"],
            "the next page goes on"
        );
        let other = shop.client(&["integration"]).await;
        for (caller, path) in [
            (
                &shop.all,
                format!("/payments/v1/payments?limit=1&cursor={cursor}"),
            ),
            (&shop.all, format!("/notifications/v1/webhooks?cursor={cursor}")),
            (&shop.all, format!("/audit/v1/entries?cursor={cursor}")),
            (&other, here.clone()),
            (&neighbour.all, here.clone()),
            (&shop.all, format!("{here}A")),
            (&shop.all, format!("/billing/v1/customers?cursor=A{cursor}")),
        ] {
            caller.get(&path).await.refused(400, "bad_cursor");
        }
        let seen = shop.all.all("/billing/v1/customers").await;
        assert_eq!(seen.len(), 3, "every customer once");
    });
}

#[test]
fn paths_and_methods_that_are_not_there() {
    run(async {
        let shop = world::shop().await;
        for path in [
            "/",
            "/billing",
            "/billing/v1/customers/",
            "/billing/v2/customers",
            "/billing/v1/customers/../customers/x/y",
            "//billing/v1/customers",
            "/risk/v2/checks",
        ] {
            let answer = shop.all.get(path).await;
            assert_eq!(answer.status, 404, "{}", answer.told());
        }
        for (method, path) in [
            ("PUT", "/billing/v1/customers"),
            ("DELETE", "/payments/v1/payments"),
            ("PATCH", "/tenancy/v1/health"),
            ("TRACE", "/identity/v1/me"),
        ] {
            let answer = shop.all.request(method, path).await.send().await;
            answer.refused(404, "no_such_route");
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{path}"
            );
            assert_eq!(
                answer.json()["request_id"],
                answer.header("x-request-id"),
                "{path}"
            );
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
        for id in [
            "x",
            "cus_",
            "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2a",
            "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
            "%00",
            "..%2f..",
            "cus_%2523",
            "%ff",
        ] {
            let answer = shop.all.get(&format!("/billing/v1/customers/{id}")).await;
            assert!([400, 404, 422].contains(&answer.status), "{}", answer.told());
        }
    });
}
