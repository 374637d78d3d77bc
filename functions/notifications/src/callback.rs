//! Call-backs over SOAP 1.1: an event as an envelope that says who sends it (UsernameToken Profile 1.1.1), and what its answer means.

pub mod read;
mod schema;
pub mod wsdl;

use crate::webhooks::WebhookItem;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use shared::{
    auth::username_digest,
    ids::EventId,
    random,
    time::{Timestamp, after, rfc3339},
};
use xml::{
    Element, Limits, Unwritable, Writer,
    soap::{BASE64, PASSWORD, SOAP11, WSSE, WSU},
};

/// The version of the contract (semantic versioning 2.0.0).
pub const VERSION: &str = "1.0.0";
/// Ours: everything in an envelope's body. A further version of the contract has another.
const OWN: &str = "urn:ledgerkeep:callback:v1";
/// The operation that a receiver has.
const NOTIFY: &str = "notify";
/// Seconds that an envelope says it is good for.
const GOOD: i64 = 300;
/// What is read of an answer: more than any fault needs.
const ANSWER: usize = 64 * 1024;

/// The action of the operation.
fn action() -> String {
    format!("{OWN}:{NOTIFY}")
}

/// What changes from attempt to attempt.
pub struct Attempt<'a> {
    /// The webhook's secret, as it was shown.
    pub password: &'a str,
    /// When.
    pub now: Timestamp,
    /// Random.
    pub nonce: [u8; 16],
}

impl<'a> Attempt<'a> {
    /// An attempt of now.
    #[must_use]
    pub fn new(password: &'a str, now: Timestamp) -> Self {
        let nonce = random::bytes::<16>();
        Self { password, now, nonce }
    }
}

/// What is told, the same at every attempt.
pub struct Told<'a> {
    /// The event.
    pub event: &'a EventId,
    /// Its kind.
    pub kind: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// Its data: JSON.
    pub data: &'a str,
}

/// The envelope of an attempt. What is told is the same at every one; who says it is told anew.
///
/// # Errors
/// When the event's data is no JSON, or XML cannot hold it.
pub fn envelope(webhook: &WebhookItem, told: &Told<'_>, attempt: &Attempt<'_>) -> Result<Vec<u8>, String> {
    let data = serde_json::from_str(told.data).map_err(|_| "event data is not JSON".to_owned())?;
    let written = write(webhook, told, attempt, &data);
    written
        .map(String::into_bytes)
        .map_err(|Unwritable| "an event holds what XML cannot".to_owned())
}

fn write(
    webhook: &WebhookItem,
    told: &Told<'_>,
    attempt: &Attempt<'_>,
    data: &Value,
) -> Result<String, Unwritable> {
    let created = rfc3339(attempt.now);
    let mut writer = Writer::new();
    writer.start("s:Envelope", &[("xmlns:s", SOAP11)])?;
    writer.start("s:Header", &[])?;
    let security = [
        ("xmlns:wsse", WSSE),
        ("xmlns:wsu", WSU),
        ("s:mustUnderstand", "1"),
    ];
    writer.start("wsse:Security", &security)?;
    if webhook.timestamp {
        writer.start("wsu:Timestamp", &[("wsu:Id", "timestamp")])?;
        writer.leaf("wsu:Created", &created)?;
        writer.leaf("wsu:Expires", &rfc3339(after(attempt.now, GOOD)))?;
        writer.end()?;
    }
    writer.start("wsse:UsernameToken", &[("wsu:Id", "token")])?;
    writer.leaf("wsse:Username", webhook.id.as_str())?;
    let digest = username_digest(&attempt.nonce, &created, attempt.password.as_bytes());
    let kind = format!("{PASSWORD}PasswordDigest");
    writer.start("wsse:Password", &[("Type", &kind)])?;
    writer.text(&STANDARD.encode(digest))?;
    writer.end()?;
    writer.start("wsse:Nonce", &[("EncodingType", BASE64)])?;
    writer.text(&STANDARD.encode(attempt.nonce))?;
    writer.end()?;
    writer.leaf("wsu:Created", &created)?;
    writer.end()?;
    writer.end()?;
    writer.end()?;
    writer.start("s:Body", &[])?;
    writer.start(NOTIFY, &[("xmlns", OWN)])?;
    writer.leaf("id", told.event.as_str())?;
    writer.leaf("type", told.kind)?;
    writer.leaf("timestamp", &rfc3339(told.at))?;
    schema::write(&mut writer, told.kind, data)?;
    for _ in 0..3 {
        writer.end()?;
    }
    writer.finish()
}

/// The headers that are not of every attempt.
#[must_use]
pub fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/xml; charset=utf-8"),
    );
    if let Ok(action) = HeaderValue::from_str(&format!("\"{}\"", action())) {
        headers.insert("soapaction", action);
    }
    headers
}

/// Whether an answer of 2xx says that something went wrong: a fault in its body. What is no envelope says nothing.
#[must_use]
pub fn is_fault(body: &[u8]) -> bool {
    let limits = Limits {
        bytes: ANSWER,
        ..Limits::default()
    };
    let Ok(root) = xml::read(body, &limits) else {
        return false;
    };
    let of = |element: &Element, name: &str| {
        element.name.local == name
            && matches!(
                element.name.namespace.as_deref(),
                Some(SOAP11 | xml::soap::SOAP12)
            )
    };
    let bodies = root.elements().filter(|e| of(e, "Body"));
    of(&root, "Envelope") && bodies.flat_map(Element::elements).any(|e| of(e, "Fault"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event_types::EventType,
        webhooks::{WebhookKind, tests::webhook},
    };

    fn made(timestamp: bool) -> Element {
        let webhook = WebhookItem {
            kind: WebhookKind::Soap,
            timestamp,
            ..webhook(&[EventType::All])
        };
        let attempt = Attempt {
            password: "whsec_AQ==",
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
            nonce: [7; 16],
        };
        let event = EventId::parse("evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A").unwrap();
        let told = Told {
            event: &event,
            kind: "payment.captured",
            at: "2024-11-19T07:06:40Z".parse().unwrap(),
            data: r#"{"id": "pay_1", "object": {"amount": 1200, "currency": "EUR"}}"#,
        };
        let text = envelope(&webhook, &told, &attempt).unwrap();
        xml::read(&text, &Limits::default()).unwrap()
    }

    fn find<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
        if element.name.local == name {
            return Some(element);
        }
        element.elements().find_map(|inner| find(inner, name))
    }

    #[test]
    fn an_envelope_says_who_sends_it_and_what_happened() {
        let envelope = made(false);
        let text = |name: &str| find(&envelope, name).unwrap().text().unwrap();
        assert_eq!(text("Username"), "wh_01JD3X8M9V5T2Q4R6S8W0Y1Z2A");
        let digest = username_digest(&[7; 16], "2026-01-02T03:04:05.000Z", b"whsec_AQ==");
        assert_eq!(text("Password"), STANDARD.encode(digest));
        assert_eq!(text("Nonce"), STANDARD.encode([7; 16]));
        assert_eq!(text("Created"), "2026-01-02T03:04:05.000Z");
        let notify = find(&envelope, "notify").unwrap();
        let told: Vec<(String, Option<String>)> = notify
            .elements()
            .map(|e| (e.name.local.clone(), e.text()))
            .collect();
        assert_eq!(
            told[..4],
            [
                ("id".into(), Some("evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A".into())),
                ("type".into(), Some("payment.captured".into())),
                ("timestamp".into(), Some("2024-11-19T07:06:40.000Z".into())),
                ("object".into(), Some("pay_1".into())),
            ]
        );
        let payment = find(notify, "payment").unwrap();
        assert_eq!(find(payment, "amount").unwrap().text().unwrap(), "1200");
        assert_eq!(find(payment, "currency").unwrap().text().unwrap(), "EUR");
        assert!(find(&envelope, "Timestamp").is_none());
        let stamped = made(true);
        assert!(find(&stamped, "Expires").unwrap().text().unwrap() == "2026-01-02T03:09:05.000Z");
    }

    #[test]
    fn a_fault_is_one_in_the_body_of_an_envelope() {
        let answer =
            |inside: &str| format!("<s:Envelope xmlns:s='{SOAP11}'><s:Body>{inside}</s:Body></s:Envelope>");
        assert!(is_fault(
            answer("<s:Fault><faultcode>s:Server</faultcode></s:Fault>").as_bytes()
        ));
        assert!(is_fault(
            answer("<s:Fault/>").replace(SOAP11, xml::soap::SOAP12).as_bytes()
        ));
        for fine in [
            "".to_owned(),
            "thank you".to_owned(),
            answer(""),
            answer("<notifyResponse xmlns='urn:ledgerkeep:callback:v1'/>"),
            answer("<Fault/>"),
            format!("<s:Fault xmlns:s='{SOAP11}'/>"),
            "<Envelope><Body><Fault/></Body></Envelope>".to_owned(),
        ] {
            assert!(!is_fault(fine.as_bytes()), "{fine}");
        }
    }
}
