//! Faults on purpose: what the stand-ins of AWS are told to do, and what they have seen.

use reqwest::Client;
use serde_json::{Value, json};

/// The stand-ins of one platform.
pub struct Faults {
    client: Client,
    address: String,
}

impl Faults {
    /// Those that are told at this address.
    pub fn at(address: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self {
            client,
            address: address.to_owned(),
        }
    }

    /// Sets these rules and forgets all earlier ones.
    pub async fn set(&self, rules: &[Value]) {
        let body = json!(rules).to_string();
        let answer = self.client.put(&self.address).body(body).send().await;
        let answer = answer.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{status}: {text}");
    }

    /// No more faults.
    pub async fn clear(&self) {
        self.set(&[]).await;
    }

    /// What the first rule has seen: how many calls were hit, and every call that fitted.
    pub async fn seen(&self) -> (u64, Vec<String>) {
        let answer = self.client.get(&self.address).send().await.expect("an answer");
        let text = answer.text().await.expect("a text");
        let told: Value = serde_json::from_str(&text).expect("JSON");
        let calls = told[0]["calls"].as_array().cloned().unwrap_or_default();
        let calls = calls.iter().filter_map(Value::as_str).map(str::to_owned);
        (told[0]["hits"].as_u64().unwrap_or(0), calls.collect())
    }
}
