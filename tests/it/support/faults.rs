//! Faults on purpose: what the stand-ins of AWS are told to do, and what they have seen.

use reqwest::Client;
use serde_json::{Value, json};

/// The stand-ins of one platform.
pub struct Faults {
    client: Client,
    address: String,
    tables: String,
}

impl Faults {
    /// Those of a platform that says in its `platform.json` where they are.
    pub fn told(told: &Value) -> Option<Self> {
        Some(Self {
            client: Client::builder().no_proxy().build().expect("a client"),
            address: told["faults"].as_str()?.to_owned(),
            tables: told["dynamodb"].as_str()?.to_owned(),
        })
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

    /// What the sandbox provider has approved for a tenant: the sum of its orders of this operation.
    pub async fn approved(&self, tenant: &str, operation: &str) -> i64 {
        let (mut sum, mut start) = (0, Value::Null);
        loop {
            let mut body = json!({"TableName": "ledgerkeep-local-payments", "ConsistentRead": true,
                "FilterExpression": "begins_with(pk, :mine) AND operation = :operation AND NOT attribute_type(declined, :text)",
                "ExpressionAttributeValues": {":mine": {"S": format!("T#{tenant}#sandbox#")}, ":text": {"S": "S"}, ":operation": {"S": operation}}});
            if !start.is_null() {
                body["ExclusiveStartKey"] = start;
            }
            let request = self.client.post(&self.tables).body(body.to_string());
            let request = request
                .header("x-amz-target", "DynamoDB_20120810.Scan")
                .header("content-type", "application/x-amz-json-1.0")
                .header("authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
                .header("x-amz-date", "20260101T000000Z");
            let answer = request.send().await.expect("an answer");
            let text = answer.text().await.expect("a text");
            let page: Value = serde_json::from_str(&text).expect("JSON");
            let items = page["Items"]
                .as_array()
                .unwrap_or_else(|| panic!("no items: {text}"));
            let amounts = items.iter().filter_map(|item| item["amount"]["N"].as_str());
            sum += amounts.map(|n| n.parse::<i64>().expect("an amount")).sum::<i64>();
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return sum;
            }
        }
    }

    /// How many calls were hit.
    pub async fn hits(&self) -> u64 {
        let answer = self.client.get(&self.address).send().await.expect("an answer");
        let text = answer.text().await.expect("a text");
        let told: Value = serde_json::from_str(&text).expect("JSON");
        let rules = told.as_array().expect("rules").iter();
        rules.filter_map(|rule| rule["hits"].as_u64()).sum()
    }
}
