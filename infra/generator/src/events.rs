//! `events/<function>.json`: one event for each function, for `sam local invoke` and `cargo lambda invoke`.

use names::{ACCOUNT, ENVIRONMENT, REGION, ULID};
use serde_json::{Map, Value, json};
use shared::{
    endpoint::{Access, Format, Function, Method, Service},
    openapi,
    store::Table,
    worker::{Trigger, Worker},
};
use std::collections::BTreeMap;

/// The moment of every event.
const AT: &str = "2026-01-15T09:30:00.000Z";
/// The same in milliseconds.
const AT_MILLIS: u64 = 1_768_469_400_000;

/// Adds the events of a service's functions.
pub(super) fn add(files: &mut BTreeMap<String, String>, service: &Service) -> Result<(), String> {
    let endpoints = service.endpoints.iter().map(|f| (f.declaration.name, request(f)));
    let workers = service.workers.iter().map(|w| (w.name, Ok(trigger(w))));
    for (name, event) in endpoints.chain(workers) {
        let event = event?;
        let text = serde_json::to_string_pretty(&event).map_err(|e| format!("{name}: {e}"))?;
        files.insert(format!("events/{name}.json"), text + "\n");
    }
    Ok(())
}

/// A proxy event of the REST API.
fn request(function: &Function) -> Result<Value, String> {
    let d = &function.declaration;
    let mut input = openapi::input(function);

    let mut parameters = Map::new();
    let mut path = d.path.to_owned();
    for name in d
        .path
        .split('/')
        .filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'))
    {
        let value = input.remove(name).map_or_else(|| "example".to_owned(), plain);
        path = path.replace(&format!("{{{name}}}"), &value);
        parameters.insert(name.to_owned(), json!(value));
    }
    let mut headers = BTreeMap::from([
        ("accept", "application/json".to_owned()),
        ("host", "localhost".to_owned()),
        ("user-agent", "example/1.0".to_owned()),
        ("x-forwarded-for", "192.0.2.10".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ]);
    match (d.access, d.format) {
        (Access::Public, Format::OAuth) => {
            headers.insert(
                "authorization",
                "Basic <client_id:client_secret in base64>".to_owned(),
            );
        }
        (Access::Public, Format::Json) | (_, Format::Soap) => {}
        _ => {
            headers.insert("authorization", "Bearer <access token>".to_owned());
        }
    }
    if d.takes_idempotency_key() {
        headers.insert("idempotency-key", format!("example-{}", d.name));
    }
    let method = (d.method)();
    let (mut body, mut query) = (Value::Null, Map::new());
    if matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        let (media, text) = match d.format {
            Format::Json => ("application/json", Value::Object(input).to_string()),
            Format::OAuth => ("application/x-www-form-urlencoded", form(input)),
            Format::Soap => ("application/soap+xml; charset=utf-8", envelope()?),
        };
        headers.insert("content-type", media.to_owned());
        body = json!(text);
    } else {
        query = input
            .into_iter()
            .map(|(name, value)| (name, json!(plain(value))))
            .collect();
    }
    let lists = |values: &Map<String, Value>| -> Value {
        let list = |(name, value): (&String, &Value)| (name.clone(), json!([value]));
        if values.is_empty() {
            Value::Null
        } else {
            values.iter().map(list).collect::<Map<_, _>>().into()
        }
    };
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|(n, v)| (n.to_owned(), json!(v)))
        .collect();
    Ok(json!({
        "resource": d.path,
        "path": path,
        "httpMethod": method.as_str(),
        "multiValueHeaders": lists(&headers),
        "headers": headers,
        "multiValueQueryStringParameters": lists(&query),
        "queryStringParameters": if query.is_empty() { Value::Null } else { query.into() },
        "pathParameters": if parameters.is_empty() { Value::Null } else { parameters.into() },
        "stageVariables": null,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "example",
            "resourceId": "example",
            "resourcePath": d.path,
            "httpMethod": method.as_str(),
            "path": path,
            "protocol": "HTTP/1.1",
            "stage": "live",
            "requestId": "3f1c2d4e-0000-4000-8000-000000000000",
            "requestTime": "15/Jan/2026:09:30:00 +0000",
            "requestTimeEpoch": AT_MILLIS,
            "identity": {"sourceIp": "192.0.2.10", "userAgent": "example/1.0"},
        },
        "body": body,
        "isBase64Encoded": false,
    }))
}

/// The envelope of the first operation.
fn envelope() -> Result<String, String> {
    let first = soap::operations().next();
    let sample = first.and_then(|operation| soap::sample(operation, true).ok());
    sample.ok_or_else(|| "there is no operation over SOAP".to_owned())
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn form(input: Map<String, Value>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in input {
        form.append_pair(&name, &plain(value));
    }
    form.finish()
}

fn trigger(worker: &Worker) -> Value {
    match worker.trigger {
        Trigger::Stream(tables) => json!({"Records": tables.iter().map(|t| record(*t)).collect::<Vec<_>>()}),
        Trigger::Queue(queue) => message(queue),
        Trigger::Schedule(_) => json!({
            "version": "0",
            "id": "3f1c2d4e-0000-4000-8000-000000000000",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": "2026-01-15T09:30:00Z",
            "region": REGION,
            "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/ledgerkeep-{ENVIRONMENT}-{}", worker.name)],
            "detail": {},
        }),
        Trigger::Manual => json!({}),
    }
}

/// A stream's record of a new item: an entry in the audit table, an outbox record in the others.
fn record(table: Table) -> Value {
    let tenant = format!("ten_{ULID}");
    let (kind, id, list, fields) = if table == Table::Audit {
        let id = format!("aud_{ULID}");
        let body = json!({
            "id": id, "tenant": tenant, "region": REGION, "at": AT, "activity": "billing.read_customer",
            "actor": format!("usr_{ULID}"), "outcome": "succeeded", "status": 200,
        });
        let fields = json!({
            "activity": {"S": "billing.read_customer"},
            "actor": {"S": format!("usr_{ULID}")},
            "outcome": {"S": "succeeded"},
            "body": {"S": body.to_string()},
        });
        ("audit-entry", id, "entries", fields)
    } else if table == Table::Journal {
        let fields = json!({
            "entry": {"S": format!("jre_{ULID}")},
            "at": {"S": AT},
            "source_kind": {"S": "payment"},
            "source": {"S": format!("pay_{ULID}")},
            "effect": {"S": "-"},
            "lines": {"L": []},
        });
        ("journal-entry", format!("pay_{ULID}"), "journal", fields)
    } else {
        let data = json!({"id": format!("cus_{ULID}"), "object": {"id": format!("cus_{ULID}")}});
        let fields = json!({
            "tenant": {"S": tenant},
            "kind": {"S": "customer.created"},
            "occurred_at": {"S": "2026-01-15T09:30:00Z"},
            "data": {"S": data.to_string()},
            "region": {"S": REGION},
            "audit": {"S": format!("aud_{ULID}")},
            "expires": {"N": "1769074200"},
        });
        ("outbox", format!("evt_{ULID}"), "outbox", fields)
    };
    let keys = json!({"pk": {"S": format!("T#{tenant}#{kind}#{id}")}, "sk": {"S": "-"}});
    let own = json!({
        "id": {"S": id},
        "rev": {"N": "1"},
        "gsi1pk": {"S": format!("T#{tenant}#{list}")},
        "gsi1sk": {"S": id},
    });
    let image: Map<String, Value> = [&keys, &own, &fields]
        .into_iter()
        .filter_map(Value::as_object)
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let name = format!("ledgerkeep-{ENVIRONMENT}-{}", table.name());
    json!({
        "eventID": "3f1c2d4e000040008000000000000000",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": AT_MILLIS / 1000,
            "Keys": keys,
            "NewImage": image,
            "SequenceNumber": "100000000000000000001",
            "SizeBytes": 512,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/2026-01-01T00:00:00.000"),
    })
}

/// A message says where an item stands, and nothing of what it holds.
fn message(queue: &str) -> Value {
    let body = json!({
        "tenant": format!("ten_{ULID}"),
        "webhook": format!("wh_{ULID}"),
        "delivery": format!("del_{ULID}"),
    });
    json!({"Records": [{
        "messageId": "3f1c2d4e-0000-4000-8000-000000000000",
        "receiptHandle": "example",
        "body": body.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": AT_MILLIS.to_string(),
            "SenderId": "example",
            "ApproximateFirstReceiveTimestamp": AT_MILLIS.to_string(),
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:ledgerkeep-{ENVIRONMENT}-{queue}"),
        "awsRegion": REGION,
    }]})
}
