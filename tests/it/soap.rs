//! SOAP: the main job over raw envelopes, and that a message has one effect.

use crate::{
    cases::text,
    support::{Answer, Caller, Http, Login, Tenant, cards, random, run, time::unix},
};
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use serde_json::{Value, json};

const CLIENTS: &str = "/tenancy/v1/api-clients";
const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const TYPE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#";

/// A client that calls over SOAP.
struct Soap {
    http: Http,
    id: String,
    secret: String,
    made: Value,
}

/// What an envelope says of its sender.
struct Head {
    nonce: Vec<u8>,
    created: String,
    digest: Option<String>,
    key: Option<String>,
    more: String,
}

/// That many seconds from now.
fn at(seconds: i64) -> String {
    let now = i64::try_from(unix()).expect("a time") + seconds;
    let (days, rest) = (now.div_euclid(86_400), now.rem_euclid(86_400));
    // Days since 1970 as a date (Howard Hinnant, chrono-compatible low-level date algorithms).
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.000Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

impl Soap {
    async fn new(tenant: &Tenant, mode: &str) -> Self {
        let body = json!({"name": format!("ERP {}", random(6)), "roles": ["integration"], "soap": mode});
        let made = tenant.admin.post(CLIENTS, &body).await.is(201);
        Self {
            http: tenant.admin.http.clone(),
            id: text(&made, "client_id"),
            secret: text(&made, "soap_secret"),
            made,
        }
    }

    fn head(&self) -> Head {
        Head {
            nonce: random(16).into_bytes(),
            created: at(0),
            digest: None,
            key: Some(random(22)),
            more: String::new(),
        }
    }

    fn digest(&self, head: &Head) -> String {
        let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        for part in [
            head.nonce.as_slice(),
            head.created.as_bytes(),
            self.secret.as_bytes(),
        ] {
            hash.update(part);
        }
        STANDARD.encode(hash.finish())
    }

    fn envelope(&self, head: &Head, operation: &str, inside: &str) -> String {
        let key = head
            .key
            .as_ref()
            .map(|key| format!("<l:idempotencyKey>{key}</l:idempotencyKey>"));
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:l=\"urn:ledgerkeep:soap:v1\"><s:Header>\
             <o:Security xmlns:o=\"{WSSE}\" xmlns:u=\"{WSU}\" s:mustUnderstand=\"1\">{}<o:UsernameToken>\
             <o:Username>{}</o:Username><o:Password Type=\"{TYPE}PasswordDigest\">{}</o:Password>\
             <o:Nonce>{}</o:Nonce><u:Created>{}</u:Created></o:UsernameToken></o:Security>{}</s:Header>\
             <s:Body><l:{operation}>{inside}</l:{operation}></s:Body></s:Envelope>",
            head.more,
            self.id,
            head.digest.clone().unwrap_or_else(|| self.digest(head)),
            STANDARD.encode(&head.nonce),
            head.created,
            key.unwrap_or_default(),
        )
    }

    async fn send(&self, envelope: &str) -> Answer {
        let request = self.http.request("POST", "/soap/v1");
        request.body("text/xml; charset=utf-8", envelope).send().await
    }

    /// Calls an operation and gives what it answers.
    async fn call(&self, operation: &str, inside: &str) -> String {
        let answer = self.send(&self.envelope(&self.head(), operation, inside)).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text);
        assert!(
            answer.text.contains(&format!("<{operation}Response ")),
            "{}",
            answer.text
        );
        answer.text
    }
}

/// The text of the first element of that name.
fn of<'t>(xml: &'t str, name: &str) -> &'t str {
    let begin = format!("<{name}>");
    let rest = xml
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {name} in {xml}"))
        .1;
    rest.split('<').next().unwrap_or_default()
}

#[track_caller]
fn fault(answer: &Answer, code: &str) {
    assert_eq!(
        (answer.status, of(&answer.text, "code")),
        (500, code),
        "{}",
        answer.text
    );
}

#[test]
fn the_main_job_over_soap() {
    run(async {
        let tenant = Tenant::new().await;
        let soap = Soap::new(&tenant, "digest").await;
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
        let soap = Soap::new(&tenant, "digest").await;
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
        let soap = Soap::new(&tenant, "digest").await;
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
        let mut soap = Soap::new(&tenant, "digest").await;
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
