//! A client that calls over SOAP, by raw envelopes.

use super::{
    Answer, Http, Tenant, random,
    time::{rfc3339, unix},
};
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const TYPE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#";

/// A client with a SOAP secret.
pub struct Soap {
    /// Where it calls.
    pub http: Http,
    /// Its username.
    pub id: String,
    /// Its SOAP secret.
    pub secret: String,
    /// As it was issued.
    pub made: Value,
}

/// What an envelope says of its sender.
pub struct Head {
    /// The nonce.
    pub nonce: Vec<u8>,
    /// When it was made.
    pub created: String,
    /// Another digest than the right one.
    pub digest: Option<String>,
    /// The idempotency key.
    pub key: Option<String>,
    /// What stands before the token.
    pub more: String,
}

/// That many seconds from now.
pub fn at(seconds: i64) -> String {
    rfc3339(unix().saturating_add_signed(seconds))
}

/// The Base64 of the SHA-1 of all parts together.
pub fn sha1(parts: [&[u8]; 3]) -> String {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.into_iter().for_each(|part| hash.update(part));
    STANDARD.encode(hash.finish())
}

impl Soap {
    /// A new client of a tenant with these roles.
    pub async fn new(tenant: &Tenant, mode: &str, roles: &[&str]) -> Self {
        let body = json!({"name": format!("ERP {}", random(6)), "roles": roles, "soap": mode});
        let made = tenant.issued(&body).await.is(201);
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            http: tenant.admin.http.clone(),
            id: text("client_id"),
            secret: text("soap_secret"),
            made,
        }
    }

    /// A head of now.
    pub fn head(&self) -> Head {
        Head {
            nonce: random(16).into_bytes(),
            created: at(0),
            digest: None,
            key: Some(random(22)),
            more: String::new(),
        }
    }

    /// An envelope with an operation, whose fields are given.
    pub fn envelope(&self, head: &Head, operation: &str, inside: &str) -> String {
        let key = head
            .key
            .as_ref()
            .map(|key| format!("<l:idempotencyKey>{key}</l:idempotencyKey>"));
        let digest = || {
            sha1([
                head.nonce.as_slice(),
                head.created.as_bytes(),
                self.secret.as_bytes(),
            ])
        };
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:l=\"urn:ledgerkeep:soap:v1\"><s:Header>\
             <o:Security xmlns:o=\"{WSSE}\" xmlns:u=\"{WSU}\" s:mustUnderstand=\"1\">{}<o:UsernameToken>\
             <o:Username>{}</o:Username><o:Password Type=\"{TYPE}PasswordDigest\">{}</o:Password>\
             <o:Nonce>{}</o:Nonce><u:Created>{}</u:Created></o:UsernameToken></o:Security>{}</s:Header>\
             <s:Body><l:{operation}>{inside}</l:{operation}></s:Body></s:Envelope>",
            head.more,
            self.id,
            head.digest.clone().unwrap_or_else(digest),
            STANDARD.encode(&head.nonce),
            head.created,
            key.unwrap_or_default(),
        )
    }

    /// Sends an envelope.
    pub async fn send(&self, envelope: &str) -> Answer {
        let request = self.http.request("POST", "/soap/v1");
        request.body("text/xml; charset=utf-8", envelope).send().await
    }

    /// Calls an operation under a key.
    pub async fn ask(&self, operation: &str, inside: &str, key: Option<&str>) -> Answer {
        let head = Head {
            key: key.map(str::to_owned),
            ..self.head()
        };
        self.send(&self.envelope(&head, operation, inside)).await
    }

    /// Calls an operation and gives what it answers.
    pub async fn call(&self, operation: &str, inside: &str) -> String {
        let answer = self.ask(operation, inside, Some(&random(22))).await;
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
pub fn of<'t>(xml: &'t str, name: &str) -> &'t str {
    let begin = format!("<{name}>");
    let rest = xml
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {name} in {xml}"))
        .1;
    rest.split('<').next().unwrap_or_default()
}

/// The code of a fault.
pub fn code(answer: &Answer) -> &str {
    match answer.status {
        500 => of(&answer.text, "code"),
        _ => "",
    }
}

/// Fails unless the answer is a fault with this code.
#[track_caller]
pub fn fault(answer: &Answer, wanted: &str) {
    assert_eq!(code(answer), wanted, "{}", answer.text);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// JSON as the fields of an operation: lists of items, metadata as entries.
pub fn fields(value: &Value) -> String {
    let Value::Object(map) = value else {
        panic!("no object: {value}")
    };
    map.iter().map(|(name, value)| element(name, value)).collect()
}

fn element(name: &str, value: &Value) -> String {
    let inside = match value {
        Value::Null => return String::new(),
        Value::String(text) => escaped(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => values.iter().map(|value| element("item", value)).collect(),
        Value::Object(map) if name == "metadata" => map
            .iter()
            .map(|(key, value)| {
                let entry = element("key", &json!(key)) + &element("value", value);
                format!("<l:entry>{entry}</l:entry>")
            })
            .collect(),
        Value::Object(_) => fields(value),
    };
    format!("<l:{name}>{inside}</l:{name}>")
}
