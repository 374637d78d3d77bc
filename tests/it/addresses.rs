//! Addresses that the platform never calls, however they are written and whoever sends it there.

use crate::{
    support::{Findings, Tenant, platform, receiver::Receiver, run, time::until},
    walls::difference,
    webhooks::{WEBHOOKS, deliveries, subscribe},
};
use serde_json::json;

#[test]
fn redirects_are_not_followed_and_strangers_are_not_trusted() {
    run(async {
        let tenant = Tenant::new().await;
        let target = Receiver::start(platform(), |_| "200 OK".into()).await;
        let location = target.url();
        let sends_on = Receiver::start(platform(), move |_| {
            format!("307 Temporary Redirect\r\nlocation: {location}")
        })
        .await;
        let redirected = subscribe(&tenant.all, &sends_on, &["customer.created"]).await;
        // A name that the certificate is not for, and a port where nobody listens.
        let body = json!({"url": format!("https://127.0.0.2:{}/hooks", target.port), "event_types": ["customer.created"]});
        let misnamed = tenant.all.post(WEBHOOKS, &body).await.is(201);
        let body = json!({"url": "https://127.0.0.1:9/hooks", "event_types": ["customer.created"]});
        let nobody = tenant.all.post(WEBHOOKS, &body).await.is(201);
        tenant.customer().await;
        for webhook in [&redirected, &misnamed, &nobody] {
            let delivery = until("an attempt", 30, async || {
                deliveries(&tenant.all, webhook)
                    .await
                    .into_iter()
                    .find(|d| d["attempts"][0].is_object())
            })
            .await;
            assert_eq!(delivery["status"], "pending", "{delivery}");
            let told = delivery["attempts"][0]["status"]
                .as_u64()
                .is_none_or(|status| status == 307);
            assert!(told, "{delivery}");
        }
        assert!(target.seen().is_empty(), "the target of the redirect was called");
    });
}

#[test]
fn private_addresses_are_refused_in_every_notation() {
    run(async {
        let tenant = Tenant::new().await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let urls = [
            "http://example.com/",
            "http://localhost/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "javascript:alert(1)",
            "//example.com/",
            "example.com",
            "",
            "https://",
            "https:///",
            "https:// example.com/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://169.254.169.254/latest/meta-data/",
            "https://169.254.170.2/",
            "https://2852039166/",
            "https://0xA9FEA9FE/",
            "https://0251.0376.0251.0376/",
            "https://0xa9.0xfe.0xa9.0xfe/",
            "https://169.254.43518/",
            "https://167772161/",
            "https://012.0.0.1/",
            "https://10.1/",
            "https://0/",
            "https://10.0.0.1./",
            "https://[::ffff:10.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::]/",
            "https://[::7f00:1]/",
            "https://[fd00:ec2::254]/",
            "https://[ff02::1]/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://1%30.0.0.1/",
            "https://user:password@example.com/",
            "https://user@10.0.0.1/",
            "https://example.com/#fragment",
            "https://example.com\\@10.0.0.1/\u{0}",
            "https://１０.0.0.1/",
            "https://exa\nmple.com/",
            "https://[10.0.0.1]/",
        ];
        for url in urls {
            let answer = tenant
                .all
                .post(WEBHOOKS, &json!({"url": url, "event_types": ["*"]}))
                .await;
            let refused = answer.status == 422 && answer.pointers() == ["/url"];
            findings.check(refused, || format!("{url:?}: {}", answer.told()));
        }
        let after = tenant.snapshot(&[]).await;
        findings.check(before == after, || difference(&before, &after));
        // What is public is taken, and here what is local too.
        for url in [
            "https://example.com/hooks?x=1",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://[::1]:9/",
            "https://localhost:9/",
            "https://127.1:9/",
        ] {
            let answer = tenant
                .all
                .post(WEBHOOKS, &json!({"url": url, "event_types": ["refund.failed"]}))
                .await;
            findings.check(answer.status == 201, || answer.told());
        }
        for (types, pointer) in [
            (json!([]), "/event_types"),
            (json!(["payment.sneezed"]), "/event_types"),
            (json!(["*", "*"]), "/event_types"),
            (json!("*"), "/event_types"),
        ] {
            let answer = tenant
                .all
                .post(
                    WEBHOOKS,
                    &json!({"url": "https://example.com/", "event_types": types}),
                )
                .await;
            let named = answer.pointers().iter().any(|p| p.starts_with(pointer));
            findings.check(answer.status == 422 && named, || answer.told());
        }
        findings.none();
    });
}
