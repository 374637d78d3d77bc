//! SOAP: the main job over raw envelopes, and that a message has one effect.

use crate::{
    cases::{Cross, case, text},
    contracts::operations,
    support::{
        Caller, Findings, Login, Tenant, cards,
        envelope::{Soap, at, code, fault, fields, of, sha1},
        platform, random,
        receiver::Receiver,
        run,
        time::until,
        world,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use serde_json::{Map, Value, json};

const CLIENTS: &str = "/tenancy/v1/api-clients";

#[test]
fn the_main_job_over_soap() {
    run(async {
        let tenant = Tenant::new().await;
        let soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let wsdl = soap.http.get("/soap/v1?WSDL").send().await;
        assert!(
            wsdl.status == 200 && wsdl.text.contains("createCustomerResponse"),
            "{}",
            wsdl.text
        );
        assert!(wsdl.header("content-type").starts_with("text/xml"));

        let customer = soap
            .call(
                "createCustomer",
                "<l:email>ada@example.com</l:email><l:name>A &amp; B</l:name>",
            )
            .await;
        assert_eq!(of(&customer, "name"), "A &amp; B");
        let id = of(&customer, "id");
        let card = soap
            .call(
                "tokenizePaymentMethod",
                &format!(
                    "<l:customer>{id}</l:customer><l:number>{}</l:number><l:exp_month>12</l:exp_month><l:exp_year>2034</l:exp_year>",
                    cards::good()
                ),
            )
            .await;
        let method = of(&card, "id");
        let inside = format!(
            "<l:customer>{id}</l:customer><l:payment_method>{method}</l:payment_method><l:amount>4200</l:amount>\
             <l:currency>EUR</l:currency><l:capture>false</l:capture>\
             <l:metadata><l:entry><l:key>order</l:key><l:value>17</l:value></l:entry></l:metadata>"
        );
        let payment = soap.call("initiatePayment", &inside).await;
        assert_eq!(of(&payment, "status"), "authorized");
        assert!(
            payment.contains("<entry><key>order</key><value>17</value></entry>"),
            "{payment}"
        );
        let payment = format!("<l:id>{}</l:id>", of(&payment, "id"));
        let captured = soap.call("capturePayment", &payment).await;
        assert_eq!(of(&captured, "status"), "captured");
        let refund = soap
            .call("refundPayment", &format!("{payment}<l:amount>200</l:amount>"))
            .await;
        assert_eq!(of(&refund, "status"), "succeeded");
        assert_eq!(of(&soap.call("getPayment", &payment).await, "refunded"), "200");

        let inside = format!(
            "<l:customer>{id}</l:customer><l:currency>EUR</l:currency><l:lines><l:item><l:description>Advice</l:description>\
             <l:unit_amount>4250</l:unit_amount><l:quantity>2</l:quantity></l:item></l:lines>"
        );
        let invoice = soap.call("createInvoice", &inside).await;
        assert_eq!(of(&invoice, "total"), "8500");
        let listed = soap
            .call(
                "getInvoices",
                &format!("<l:customer>{id}</l:customer><l:limit>1</l:limit>"),
            )
            .await;
        assert_eq!(of(&listed, "id"), of(&invoice, "id"));

        // What REST refuses is refused here with the same code, and told by field.
        let refused = soap
            .send(&soap.envelope(&soap.head(), "createCustomer", "<l:nickname>A</l:nickname>"))
            .await;
        fault(&refused, "invalid_input");
        assert!(
            refused.text.contains("<pointer>/nickname</pointer>"),
            "{}",
            refused.text
        );
        let unknown = soap
            .send(&soap.envelope(
                &soap.head(),
                "getPayment",
                "<l:id>pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A</l:id>",
            ))
            .await;
        fault(&unknown, "not_found");
        // The call is in the log as one over SOAP.
        let entries = tenant
            .all
            .all("/audit/v1/entries?activity=payments.capture_payment")
            .await;
        let marked = entries.iter().all(|e| e["entry"]["protocol"] == "soap");
        assert!(marked && !entries.is_empty(), "{entries:?}");
    });
}

#[test]
fn one_envelope_has_one_effect_and_a_wrong_digest_burns_no_nonce() {
    run(async {
        let tenant = Tenant::new().await;
        let soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let inside = "<l:name>Ada</l:name><l:email>ada@example.com</l:email>";
        let mut head = soap.head();
        head.key = None;
        // The same nonce with a wrong digest first.
        head.digest = Some(STANDARD.encode([0; 20]));
        fault(
            &soap.send(&soap.envelope(&head, "createCustomer", inside)).await,
            "failed_authentication",
        );
        head.digest = None;
        let envelope = soap.envelope(&head, "createCustomer", inside);
        let answers = join_all((0..50).map(|_| soap.send(&envelope))).await;
        let good = answers.iter().filter(|a| a.status == 200).count();
        let told: Vec<&str> = answers.iter().map(|a| a.text.as_str()).collect();
        assert_eq!(good, 1, "{told:?}");
        for answer in answers.iter().filter(|a| a.status != 200) {
            fault(answer, "failed_authentication");
        }
        assert_eq!(tenant.all.all("/billing/v1/customers").await.len(), 1);
        // A read is answered once, too.
        let head = soap.head();
        let read = soap.envelope(&head, "getInvoices", "");
        assert_eq!(soap.send(&read).await.status, 200);
        fault(&soap.send(&read).await, "failed_authentication");
        // Nothing of the past or of the future.
        for seconds in [-301, 120] {
            let mut head = soap.head();
            head.created = at(seconds);
            fault(
                &soap.send(&soap.envelope(&head, "getInvoices", "")).await,
                "message_expired",
            );
        }
        let mut head = soap.head();
        let end = at(-61);
        let begin = at(-120);
        head.more =
            format!("<u:Timestamp><u:Created>{begin}</u:Created><u:Expires>{end}</u:Expires></u:Timestamp>");
        fault(
            &soap.send(&soap.envelope(&head, "getInvoices", "")).await,
            "message_expired",
        );
        head.more = format!("<u:Timestamp><u:Created>{begin}</u:Created></u:Timestamp>");
        let stamped = soap.send(&soap.envelope(&head, "getInvoices", "")).await;
        assert!(
            stamped.status == 200 && stamped.text.contains("<wsu:Timestamp"),
            "{}",
            stamped.text
        );
    });
}

#[test]
fn rest_and_soap_with_one_key_have_one_effect() {
    run(async {
        let tenant = Tenant::new().await;
        let soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let login = Login::Client {
            id: soap.id.clone(),
            secret: text(&soap.made, "client_secret"),
        };
        let rest = Caller::new(&soap.http, login);
        let key = random(22);
        let body = json!({"name": "Ada", "email": "ada@example.com"});
        let made = rest.post_as("/billing/v1/customers", &key, &body).await.is(201);
        let mut head = soap.head();
        head.key = Some(key.clone());
        let again = soap
            .send(&soap.envelope(
                &head,
                "createCustomer",
                "<l:email>ada@example.com</l:email><l:name>Ada</l:name>",
            ))
            .await;
        assert_eq!(
            (again.status, of(&again.text, "id")),
            (200, made["id"].as_str().unwrap_or_default()),
            "{}",
            again.text
        );
        let mut head = soap.head();
        head.key = Some(key);
        let other = soap
            .send(&soap.envelope(
                &head,
                "createCustomer",
                "<l:email>ada@example.com</l:email><l:name>Eve</l:name>",
            ))
            .await;
        fault(&other, "idempotency_key_reused");
        assert_eq!(tenant.all.all("/billing/v1/customers").await.len(), 1);
    });
}

#[test]
fn a_soap_secret_is_its_own_and_rotates_and_ends_with_its_client() {
    run(async {
        let tenant = Tenant::new().await;
        let refused =
            json!({"name": "Both", "roles": ["integration"], "soap": "digest", "require_dpop": true});
        tenant
            .admin
            .post(CLIENTS, &refused)
            .await
            .refused(422, "invalid_input");
        let mut soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let read = async |soap: &Soap| soap.send(&soap.envelope(&soap.head(), "getInvoices", "")).await;
        assert_eq!(read(&soap).await.status, 200);
        let path = format!("{CLIENTS}/{}", text(&soap.made, "id"));
        let rotated = tenant
            .admin
            .post(&format!("{path}/rotate"), &json!({}))
            .await
            .ok();
        assert_eq!(read(&soap).await.status, 200, "it overlaps");
        let first = std::mem::replace(&mut soap.secret, text(&rotated, "soap_secret"));
        assert_ne!(first, soap.secret);
        assert_eq!(read(&soap).await.status, 200);
        let alone = tenant
            .admin
            .post(&format!("{path}/rotate"), &json!({"overlap_seconds": 0}))
            .await
            .ok();
        fault(&read(&soap).await, "failed_authentication");
        soap.secret = text(&alone, "client_secret");
        fault(&read(&soap).await, "failed_authentication");
        soap.secret = text(&alone, "soap_secret");
        assert_eq!(read(&soap).await.status, 200);
        tenant.admin.delete(&path).await.ok();
        fault(&read(&soap).await, "failed_authentication");
        // Who has no SOAP secret is nobody here.
        let plain = tenant.client(&["integration"]).await;
        let Login::Client { id, secret } = &*plain.login else {
            unreachable!("an API client")
        };
        soap.id.clone_from(id);
        soap.secret.clone_from(secret);
        fault(&read(&soap).await, "failed_authentication");
    });
}

/// The fields of an operation, from what the same call over REST says in its path, its query and its body.
fn input(template: &str, path: &str, body: Option<&Value>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut input = body.and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in template.split('/').zip(path.split('/')) {
        if let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            input.insert(name.to_owned(), json!(value));
        }
    }
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Map<String, Value> = pairs
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    input.extend(pairs);
    Value::Object(input)
}

#[test]
fn every_operation_over_soap_has_the_walls_the_budget_and_the_keys_that_it_has_over_rest() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let operator = world::operator(platform());
        let (own, other) = (
            Soap::new(&a, "digest", &world::EVERYTHING).await,
            Soap::new(&b, "digest", &world::EVERYTHING).await,
        );
        let weak = Soap::new(&a, "digest", &["webhook_manager"]).await;
        let (mut findings, mut seen) = (Findings::default(), 0);
        for operation in operations(&platform().http).await {
            let Some(name) = operation.document["x-ledgerkeep"]["soap"].as_str() else {
                continue;
            };
            seen += 1;
            let fresh = async || case(&operation.id, &a, &b).await.expect("a case");
            let call = fresh().await;
            let inside = |path: &str, body: Option<&Value>| fields(&input(&operation.path, path, body));
            let right = inside(&call.path, call.body.as_ref());
            let told =
                |answer: &crate::support::Answer| format!("{name}: {} {:.600}", answer.status, answer.text);

            let answer = weak.ask(name, &right, Some(&random(22))).await;
            findings.check(code(&answer) == "forbidden", || {
                format!("without the right: {}", told(&answer))
            });
            let tries: Vec<String> = match &call.cross {
                Cross::Path => vec![right.clone()],
                Cross::Bodies(bodies) => bodies.iter().map(|body| inside(&call.path, Some(body))).collect(),
                Cross::Lists(paths) => paths.iter().map(|path| inside(path, None)).collect(),
                Cross::Requests(_) | Cross::Nothing => Vec::new(),
            };
            for inside in tries {
                let answer = other.ask(name, &inside, Some(&random(22))).await;
                let refused = answer.status == 500
                    && ["not_found", "invalid_input", "conflict"].contains(&code(&answer));
                let empty = answer.status == 200 && answer.text.contains("<data></data>");
                findings.check(refused || empty, || {
                    format!("the other tenant: {}", told(&answer))
                });
            }

            // The right call, and what it costs beyond the same over REST.
            let (mut rest, mut soap) = (u64::MAX, u64::MAX);
            for _ in 0..3 {
                let over = fresh().await;
                let answer = over.send(&a, &operator, &operation.method).await;
                findings.check(answer.is_success(), || answer.told());
                rest = rest.min(answer.calls().dynamodb);
                let over = fresh().await;
                let inside = inside(&over.path, over.body.as_ref());
                let key = random(22);
                let answer = own.ask(name, &inside, Some(&key)).await;
                findings.check(answer.status == 200, || told(&answer));
                soap = soap.min(answer.calls().dynamodb);
                if operation.takes_key() {
                    let again = own.ask(name, &inside, Some(&key)).await;
                    let body = |text: &str| text.split_once("<s:Body>").map(|(_, body)| body.to_owned());
                    findings.check(
                        again.status == 200 && body(&again.text) == body(&answer.text),
                        || format!("not the same again: {} {}", told(&answer), told(&again)),
                    );
                }
                if soap <= rest {
                    break;
                }
            }
            findings.check(soap <= rest, || {
                format!("{name}: {soap} calls of DynamoDB, {rest} over REST")
            });
        }
        findings.check(seen >= 15, || format!("{seen} operations"));
        findings.none();
    });
}

#[test]
fn a_client_that_is_remembered_is_looked_at_in_every_call() {
    run(async {
        let tenant = Tenant::new().await;
        let soap = Soap::new(&tenant, "digest", &["integration"]).await;
        let path = format!("{CLIENTS}/{}", text(&soap.made, "id"));
        for _ in 0..2 {
            soap.call("getInvoices", "").await;
        }
        tenant.admin.delete(&path).await.ok();
        for _ in 0..20 {
            let answer = soap.ask("getInvoices", "", None).await;
            fault(&answer, "failed_authentication");
        }
    });
}

#[test]
fn a_call_back_over_soap_says_who_sends_it_and_comes_again_after_a_fault() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = Receiver::answering(platform(), |n| match n {
            0 => (
                "200 OK".into(),
                "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>s:Server</faultcode>\
                 <faultstring>busy</faultstring></s:Fault></s:Body></s:Envelope>"
                    .into(),
            ),
            _ => ("200 OK".into(), String::new()),
        })
        .await;
        let body = json!({"url": receiver.url(), "kind": "soap", "timestamp": true, "event_types": ["customer.created"]});
        let webhook = tenant.all.post(crate::webhooks::WEBHOOKS, &body).await.is(201);
        let odd = json!({"url": receiver.url(), "timestamp": true, "event_types": ["*"]});
        tenant
            .all
            .post(crate::webhooks::WEBHOOKS, &odd)
            .await
            .refused(422, "invalid_input");
        let customer = tenant.customer().await;
        let seen = until("a second attempt", 40, async || {
            let seen = receiver.seen();
            (seen.len() > 1).then_some(seen)
        })
        .await;
        let secret = text(&webhook, "secret");
        let mut nonces = Vec::new();
        for received in &seen {
            assert_eq!(
                received.headers["soapaction"],
                "\"urn:ledgerkeep:callback:v1:notify\""
            );
            let text = String::from_utf8(received.body.clone()).expect("UTF-8");
            assert_eq!(
                of(&text, "wsse:Username"),
                webhook["id"].as_str().unwrap_or_default()
            );
            let inside = |name: &str| {
                let (_, rest) = text.split_once(&format!("<wsse:{name} ")).expect("an element");
                let (_, rest) = rest.split_once('>').expect("its text");
                rest.split('<').next().unwrap_or_default().to_owned()
            };
            let (_, token) = text.split_once("<wsse:UsernameToken").expect("a token");
            let nonce = STANDARD.decode(inside("Nonce")).expect("Base64");
            let created = of(token, "wsu:Created");
            assert_eq!(
                inside("Password"),
                sha1([&nonce, created.as_bytes(), secret.as_bytes()])
            );
            nonces.push(nonce);
            assert!(text.contains("<wsu:Expires>"), "{text}");
            assert_eq!(
                (of(&text, "type"), of(&text, "object")),
                ("customer.created", customer.as_str())
            );
            let (_, told) = text.split_once("<customer>").expect("the customer");
            assert_eq!(
                (of(told, "id"), of(told, "email")),
                (customer.as_str(), "[personal]")
            );
        }
        assert_ne!(nonces[0], nonces[1], "each attempt has a nonce of its own");
        let delivered = until("delivered", 20, async || {
            let all = crate::webhooks::deliveries(&tenant.all, &webhook).await;
            all.into_iter().find(|d| d["status"] == "delivered")
        })
        .await;
        assert_eq!(delivered["attempts"][0]["error"], "fault", "{delivered}");
        let wsdl = tenant
            .admin
            .http
            .get("/notifications/v1/callback?wsdl")
            .send()
            .await;
        assert!(
            wsdl.status == 200
                && wsdl
                    .text
                    .contains("soapAction=\"urn:ledgerkeep:callback:v1:notify\"")
        );
    });
}
