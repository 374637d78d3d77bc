//! Calls of the SDK as IAM sees them: one request may be several, such as a transaction.

use super::{Call, Context};
use names::{
    ACCOUNT, DEFAULT_MAIL_IDENTITY, ENVIRONMENT, REGION, default_key, default_queue, default_secret,
};
use serde_json::Value;
use shared::crypto::KeyUse;

/// A request on its way to AWS.
pub struct Sent<'a> {
    /// `X-Amz-Target`, where the protocol has it.
    pub target: &'a str,
    /// `POST /v2/email/outbound-emails`
    pub line: String,
    /// Whether it asks S3 to lock what it puts.
    pub locks: bool,
    /// The body.
    pub body: &'a [u8],
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, String> {
    let text = value.get(name).and_then(Value::as_str);
    text.ok_or_else(|| format!("the request has no {name}"))
}

fn table(name: &str, index: Option<&str>) -> String {
    let index = index.map(|i| format!("/index/{i}")).unwrap_or_default();
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}{index}")
}

fn partition(item: Option<&Value>) -> Result<String, String> {
    let key = item
        .and_then(|i| i.get("pk"))
        .and_then(|pk| pk.get("S"))
        .and_then(Value::as_str);
    key.map(str::to_owned)
        .ok_or_else(|| "an item without a partition key".to_owned())
}

fn dynamodb(operation: &str, resource: String, keys: Option<Vec<String>>) -> Call {
    let context = match keys {
        Some(keys) => Context::default().with("dynamodb:LeadingKeys", keys),
        None => Context::default(),
    };
    Call {
        action: format!("dynamodb:{operation}"),
        resource,
        context,
    }
}

/// What a call of DynamoDB is: for each item of a transaction one, under the action that writes it alone.
fn tables(operation: &str, body: &Value) -> Result<Vec<Call>, String> {
    let one = |key: String| {
        Ok(vec![dynamodb(
            operation,
            table(text(body, "TableName")?, None),
            Some(vec![key]),
        )])
    };
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => one(partition(body.get("Key"))?),
        "PutItem" => one(partition(body.get("Item"))?),
        "Scan" => Ok(vec![dynamodb(
            operation,
            table(text(body, "TableName")?, None),
            None,
        )]),
        "Query" => {
            let condition = text(body, "KeyConditionExpression")?;
            let value = |name: &str| {
                let values = body.get("ExpressionAttributeValues")?;
                values.get(name)?.get("S")?.as_str().map(str::to_owned)
            };
            // The store always names the partition so; anything else is not understood, and refused.
            let key = Some(condition)
                .filter(|c| c.starts_with("#pk = :pk"))
                .and_then(|_| value(":pk"));
            let key = key.ok_or_else(|| format!("{condition}: which partition?"))?;
            let index = body.get("IndexName").and_then(Value::as_str);
            Ok(vec![dynamodb(
                operation,
                table(text(body, "TableName")?, index),
                Some(vec![key]),
            )])
        }
        "BatchGetItem" => {
            let requests = body.get("RequestItems").and_then(Value::as_object);
            let requests = requests.ok_or("no RequestItems")?;
            let of = |(name, request): (&String, &Value)| {
                let keys = request
                    .get("Keys")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                let keys: Result<Vec<_>, _> = keys.map(|k| partition(Some(k))).collect();
                Ok(dynamodb(operation, table(name, None), Some(keys?)))
            };
            requests.iter().map(of).collect()
        }
        "TransactWriteItems" => {
            let items = body.get("TransactItems").and_then(Value::as_array);
            let items = items
                .ok_or("no TransactItems")?
                .iter()
                .filter_map(Value::as_object);
            items
                .flatten()
                .map(|(kind, item)| {
                    let (operation, key) = match kind.as_str() {
                        "Put" => ("PutItem", item.get("Item")),
                        "Update" => ("UpdateItem", item.get("Key")),
                        "Delete" => ("DeleteItem", item.get("Key")),
                        "ConditionCheck" => ("ConditionCheckItem", item.get("Key")),
                        other => return Err(format!("a transaction with {other}")),
                    };
                    let resource = table(text(item, "TableName")?, None);
                    Ok(dynamodb(operation, resource, Some(vec![partition(key)?])))
                })
                .collect()
        }
        other => Err(format!("DynamoDB's {other} is not known here")),
    }
}

fn kms(operation: &str, body: &Value) -> Result<Call, String> {
    let id = text(body, "KeyId")?;
    let prefix = format!("alias/ledgerkeep-{ENVIRONMENT}-");
    let named = KeyUse::ALL
        .into_iter()
        .find(|k| id.strip_prefix(&prefix) == Some(k.name()));
    let mut context = Context::default();
    for (name, value) in body
        .get("EncryptionContext")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value.as_str().unwrap_or_default();
        context = context.with(&format!("kms:EncryptionContext:{name}"), [value]);
    }
    for (member, key) in [
        ("SigningAlgorithm", "kms:SigningAlgorithm"),
        ("MessageType", "kms:MessageType"),
        ("MacAlgorithm", "kms:MacAlgorithm"),
    ] {
        if let Some(value) = body.get(member).and_then(Value::as_str) {
            context = context.with(key, [value]);
        }
    }
    Ok(Call {
        action: format!("kms:{operation}"),
        resource: named.map_or_else(|| id.to_owned(), default_key),
        context,
    })
}

fn sts(body: &[u8]) -> Result<Vec<Call>, String> {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    if value("Action") != Some("AssumeRole") {
        return Err("STS is only asked to assume roles".into());
    }
    let role = value("RoleArn").ok_or("no RoleArn")?;
    let (mut context, mut keys) = (Context::default(), Vec::new());
    for (name, key) in &form {
        if let Some(number) = name
            .strip_prefix("Tags.member.")
            .and_then(|n| n.strip_suffix(".Key"))
        {
            let tagged = value(&format!("Tags.member.{number}.Value")).unwrap_or_default();
            context = context.with(&format!("aws:RequestTag/{key}"), [tagged]);
            keys.push(key.clone());
        }
    }
    let mut actions = vec!["sts:AssumeRole"];
    if !keys.is_empty() {
        context = context.with("aws:TagKeys", keys);
        actions.push("sts:TagSession");
    }
    let call = |action: &str| Call {
        action: action.to_owned(),
        resource: role.to_owned(),
        context: context.clone(),
    };
    Ok(actions.into_iter().map(call).collect())
}

/// Putting an object into S3, addressed by path; a lock of its own is a permission of its own.
fn put(object: &str, locks: bool) -> Vec<Call> {
    let actions = ["s3:PutObject"]
        .into_iter()
        .chain(locks.then_some("s3:PutObjectRetention"));
    let object = object.split('?').next().unwrap_or_default();
    actions
        .map(|action| Call {
            action: action.to_owned(),
            resource: format!("arn:aws:s3:::{object}"),
            context: Context::default(),
        })
        .collect()
}

/// What a request asks for.
///
/// # Errors
/// Says what is not understood of it; such a request must not be let through.
pub fn calls(sent: &Sent<'_>) -> Result<Vec<Call>, String> {
    if sent.target.is_empty() && sent.line == "POST /" {
        return sts(sent.body);
    }
    if let Some(object) = sent.line.strip_prefix("PUT /").filter(|_| sent.target.is_empty()) {
        return Ok(put(object, sent.locks));
    }
    let body: Value = serde_json::from_slice(sent.body).map_err(|e| e.to_string())?;
    let plain = |action: &str, resource: String, context: Context| {
        let action = action.to_owned();
        vec![Call {
            action,
            resource,
            context,
        }]
    };
    match sent.target.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => tables(operation, &body),
        Some(("TrentService", operation)) => Ok(vec![kms(operation, &body)?]),
        Some(("secretsmanager", "GetSecretValue")) => {
            let id = text(&body, "SecretId")?;
            let name = id.strip_prefix(&format!("ledgerkeep/{ENVIRONMENT}/"));
            let arn = name.map_or_else(|| id.to_owned(), default_secret);
            Ok(plain("secretsmanager:GetSecretValue", arn, Context::default()))
        }
        Some(("AmazonSQS", "SendMessage")) => {
            let url = text(&body, "QueueUrl")?;
            let name = url.rsplit('/').next().unwrap_or_default();
            Ok(plain("sqs:SendMessage", default_queue(name), Context::default()))
        }
        None if sent.line == "POST /v2/email/outbound-emails" => {
            let from = text(&body, "FromEmailAddress")?;
            let context = Context::default().with("ses:FromAddress", [from]);
            Ok(plain("ses:SendEmail", DEFAULT_MAIL_IDENTITY.to_owned(), context))
        }
        _ => Err(format!("{} {} is not known here", sent.line, sent.target)),
    }
}
