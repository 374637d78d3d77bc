//! The tables behind a platform, as somebody with the right to write them all reaches them: past every handler.

use super::Platform;
use serde_json::{Value, json};
use std::fs;

/// DynamoDB, as it is.
pub struct Tables {
    client: reqwest::Client,
    url: String,
}

impl Tables {
    /// Of a platform.
    pub fn of(platform: &Platform) -> Self {
        let told = fs::read(platform.dir.join("platform.json")).expect("platform.json");
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        Self::at(told["dynamodb"].as_str().expect("an address"))
    }

    /// At an address.
    pub fn at(url: &str) -> Self {
        Self {
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            url: url.to_owned(),
        }
    }

    /// One operation of DynamoDB.
    pub async fn call(&self, operation: &str, body: &Value) -> Value {
        let request = self
            .client
            .post(&self.url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
            )
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{operation}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// How many items stand in a table.
    pub async fn count(&self, table: &str) -> u64 {
        let found = self
            .call("Scan", &json!({"TableName": table, "Select": "COUNT"}))
            .await;
        found["Count"].as_u64().expect("a count")
    }

    /// All of a table, as JSON text.
    pub async fn everything(&self, table: &str) -> String {
        let (mut all, mut start) = (String::new(), Value::Null);
        loop {
            let mut scan = json!({"TableName": format!("ledgerkeep-local-{table}")});
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let page = self.call("Scan", &scan).await;
            all.push_str(&page["Items"].to_string());
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return all;
            }
        }
    }

    /// The key of an audit entry.
    pub fn entry(tenant: &str, id: &str) -> Value {
        json!({"pk": {"S": format!("T#{tenant}#audit-entry#{id}")}, "sk": {"S": "-"}})
    }

    /// Changes the body of an audit entry.
    pub async fn alter(&self, tenant: &str, id: &str, body: &str) {
        let update = json!({"TableName": "ledgerkeep-local-audit", "Key": Self::entry(tenant, id),
            "UpdateExpression": "SET body = :b", "ExpressionAttributeValues": {":b": {"S": body}}});
        self.call("UpdateItem", &update).await;
    }

    /// Removes an audit entry.
    pub async fn remove(&self, tenant: &str, id: &str) {
        let delete = json!({"TableName": "ledgerkeep-local-audit", "Key": Self::entry(tenant, id)});
        self.call("DeleteItem", &delete).await;
    }
}
