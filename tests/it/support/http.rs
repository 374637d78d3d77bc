//! Requests, answers, and callers that keep themselves signed in.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Certificate, Client, Method,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;
use std::{sync::Once, time::Duration};

/// A client that trusts the platform's certificate and nothing else.
pub fn client(ca: &str) -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    let roots = Certificate::from_pem_bundle(ca.as_bytes()).expect("the platform's certificate");
    let builder = Client::builder()
        .tls_certs_only(roots)
        .no_proxy()
        .timeout(Duration::from_secs(90));
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

/// Where a platform answers.
#[derive(Clone)]
pub struct Http {
    client: Client,
    /// `https://host:port`.
    pub address: String,
}

impl Http {
    /// A platform at an address.
    pub fn new(client: Client, address: String) -> Self {
        Self { client, address }
    }

    /// A GET by nobody.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST of JSON by nobody.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request("POST", path).json(body)
    }

    /// Any request by nobody.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            http: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }
}

/// A request in the making.
#[derive(Clone)]
pub struct Request {
    http: Http,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// Adds a header, or replaces one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Adds a header beside one of the same name.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Sends an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }
    /// Sends HTTP Basic credentials.
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.header(
            "authorization",
            &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))),
        )
    }
    /// Sends an `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }
    /// Sends JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }
    /// Sends any body.
    pub fn body(mut self, media: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media)
    }
    /// Appends to the path.
    pub fn query(mut self, query: &str) -> Self {
        self.path.push_str(query);
        self
    }
    /// Sends it.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = self
            .http
            .client
            .request(method, format!("{}{}", self.http.address, self.path));
        for (name, value) in &self.headers {
            // Bytes, as what is not ASCII is sent, too.
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        match request.send().await {
            Err(error) => Answer {
                what,
                status: 0,
                headers: HeaderMap::new(),
                text: format!("{error:?}"),
            },
            Ok(response) => {
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let text = response.text().await.unwrap_or_else(|error| format!("{error:?}"));
                Answer {
                    what,
                    status,
                    headers,
                    text,
                }
            }
        }
    }
}

/// What came back. Status 0 is no answer at all.
#[derive(Clone)]
pub struct Answer {
    /// Method and path.
    pub what: String,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The body, or null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// The `code` of a problem, or nothing.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
    /// Status, code and the beginning of the body, for messages.
    pub fn told(&self) -> String {
        format!(
            "{} answered {}: {}",
            self.what,
            self.status,
            self.text.chars().take(600).collect::<String>()
        )
    }
    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(self.is_success(), "{}", self.told());
        self.json()
    }
    /// The body of an answer with this very status.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.told());
        self.json()
    }
    /// The body of a refusal with this status and code, as problem details.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert!(
            self.status == status && body["code"] == code,
            "not {status} {code}: {}",
            self.told()
        );
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.told()
        );
        assert_eq!(body["status"], status, "{}", self.told());
        body
    }
    /// The JSON pointers that a validation names.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .filter_map(|e| e["pointer"].as_str().map(str::to_owned))
            .collect()
    }
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }
    /// What the call cost.
    #[track_caller]
    pub fn calls(&self) -> Calls {
        let text = self.header("x-ledgerkeep-calls");
        let count = |name: &str| {
            let found = text
                .split(';')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found
                .and_then(|n| n.parse().ok())
                .unwrap_or_else(|| panic!("no {name} in {text:?}: {}", self.told()))
        };
        let units = text
            .split(';')
            .find_map(|part| part.trim().strip_prefix("write=")?.parse::<f64>().ok());
        Calls {
            written: units.unwrap_or_default(),
            dynamodb: count("dynamodb"),
            kms: count("kms"),
        }
    }
}

/// What `X-Ledgerkeep-Calls` says.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Write units.
    pub written: f64,
    /// Calls of DynamoDB.
    pub dynamodb: u64,
    /// Calls of KMS for data keys.
    pub kms: u64,
}
