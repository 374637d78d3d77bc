//! The tables hold what DynamoDB holds, and answer as `dynoxide` itself does.

use super::{Answer, Engine, Server, Time};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A monotonic clock that goes on by hand.
#[derive(Default)]
struct Hand(AtomicU64);

impl Time for Hand {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
    fn sleep<'a>(&'a self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(std::future::ready(()))
    }
}

/// A file that is gone when this is.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("tables-{}-{number}.sqlite", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn whole(&self) -> dynoxide::Database {
        dynoxide::Database::new(self.0.to_str().unwrap()).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{end}", self.0.display())));
        }
    }
}

fn table(name: &str) -> Value {
    json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [{"IndexName": "gsi1", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
}

fn made() -> (File, Arc<Hand>, Arc<Engine>) {
    let (file, hand) = (File::new(), Arc::new(Hand::default()));
    file.whole()
        .create_table(serde_json::from_value(table("items")).unwrap())
        .unwrap();
    let engine = Engine::open(&file.0, hand.clone()).unwrap();
    (file, hand, engine)
}

fn key() -> Value {
    json!({"pk": {"S": "a"}, "sk": {"S": "b"}})
}

/// Adds to a counter under a token.
fn add(token: &str, n: u32) -> Value {
    json!({"ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL", "TransactItems": [{"Update": {
        "TableName": "items", "Key": key(), "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": n.to_string()}}}}]})
}

fn told(answer: Answer) -> (u16, Value) {
    match answer {
        Answer::Told(status, body) => (status, serde_json::from_slice(&body).unwrap()),
        Answer::Others => panic!("it is not answered here"),
    }
}

fn call(engine: &Engine, operation: &str, body: &Value) -> (u16, Value) {
    told(engine.answer(operation, body.to_string().as_bytes()))
}

fn counter(engine: &Engine) -> String {
    let (status, found) = call(engine, "GetItem", &json!({"TableName": "items", "Key": key()}));
    assert_eq!(status, 200);
    found["Item"]["n"]["N"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn a_transaction_takes_effect_once_under_its_token() {
    let (_file, hand, engine) = made();
    let (status, first) = call(&engine, "TransactWriteItems", &add("x", 2));
    assert_eq!((status, counter(&engine)), (200, "2".into()));
    assert_eq!(first["ConsumedCapacity"][0]["CapacityUnits"], 2.0);
    // The second is told what reading the item costs.
    let (status, second) = call(&engine, "TransactWriteItems", &add("x", 2));
    assert_eq!((status, counter(&engine)), (200, "2".into()));
    assert_eq!(second["ConsumedCapacity"][0]["TableName"], "items");
    assert_eq!(second["ConsumedCapacity"][0]["CapacityUnits"], 2.0);
    // Whether it wants to know that may change, the actions may not.
    let mut silent = add("x", 2);
    silent.as_object_mut().unwrap().remove("ReturnConsumedCapacity");
    assert_eq!(call(&engine, "TransactWriteItems", &silent), (200, json!({})));
    let (status, refused) = call(&engine, "TransactWriteItems", &add("x", 3));
    assert_eq!(status, 400);
    assert!(
        refused["__type"]
            .as_str()
            .unwrap()
            .ends_with("#IdempotentParameterMismatchException"),
        "{refused}"
    );
    assert_eq!(counter(&engine), "2");
    hand.0.store(599, Ordering::SeqCst);
    assert_eq!(call(&engine, "TransactWriteItems", &add("x", 3)).0, 400);
    hand.0.store(600, Ordering::SeqCst);
    assert_eq!(call(&engine, "TransactWriteItems", &add("x", 3)).0, 200);
    assert_eq!(counter(&engine), "5", "ten minutes later the token is new");
}

#[test]
fn fifty_who_race_with_one_token_have_one_effect() {
    let (_file, _, engine) = made();
    let start = Barrier::new(50);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let racer = || {
            start.wait();
            call(&engine, "TransactWriteItems", &add("x", 1)).0
        };
        let racers: Vec<_> = (0..50).map(|_| scope.spawn(racer)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(answers, [200; 50]);
    assert_eq!(counter(&engine), "1");
    // With a token each they all take effect.
    std::thread::scope(|scope| {
        for n in 0..50 {
            let engine = &engine;
            scope.spawn(move || call(engine, "TransactWriteItems", &add(&format!("y{n}"), 1)));
        }
    });
    assert_eq!(counter(&engine), "51");
}

#[test]
fn what_was_refused_keeps_no_token_and_leaves_nothing() {
    let (_file, _, engine) = made();
    let put = json!({"TableName": "items", "Item": {"pk": {"S": "other"}, "sk": {"S": "b"}}});
    let mut both = add("x", 1);
    let check = json!({"ConditionCheck": {"TableName": "items", "Key": {"pk": {"S": "gate"}, "sk": {"S": "b"}},
        "ConditionExpression": "attribute_exists(pk)"}});
    let actions = both["TransactItems"].as_array_mut().unwrap();
    actions.extend([json!({ "Put": put }), check]);
    let (status, refused) = call(&engine, "TransactWriteItems", &both);
    assert_eq!(status, 400);
    assert_eq!(
        refused["CancellationReasons"][2]["Code"],
        "ConditionalCheckFailed"
    );
    assert_eq!(counter(&engine), "none");
    let gate = json!({"TableName": "items", "Item": {"pk": {"S": "gate"}, "sk": {"S": "b"}}});
    assert_eq!(call(&engine, "PutItem", &gate).0, 200);
    assert_eq!(call(&engine, "TransactWriteItems", &both).0, 200);
    assert_eq!(
        call(&engine, "TransactWriteItems", &both).0,
        200,
        "with a put and a check in it"
    );
    assert_eq!(counter(&engine), "1");
}

#[test]
fn what_was_answered_is_in_the_file_though_nothing_was_closed() {
    let (file, _, engine) = made();
    call(&engine, "TransactWriteItems", &add("x", 7));
    let copy = File::new();
    for end in ["", "-wal"] {
        let (from, to) = (
            format!("{}{end}", file.0.display()),
            format!("{}{end}", copy.0.display()),
        );
        std::fs::copy(from, to).unwrap();
    }
    let again = Engine::open(&copy.0, Arc::new(Hand::default())).unwrap();
    assert_eq!(counter(&again), "7");
    assert_eq!(call(&again, "TransactWriteItems", &add("x", 1)).0, 200);
}

#[test]
fn a_writer_that_panics_takes_nothing_with_it() {
    let (_file, _, engine) = made();
    let panicked = std::thread::scope(|scope| {
        let panics = || {
            let writer = engine.writer();
            drop(writer);
            let _writer = engine.writer();
            panic!("on purpose");
        };
        scope.spawn(panics).join().is_err()
    });
    assert!(panicked);
    assert_eq!(call(&engine, "TransactWriteItems", &add("x", 1)).0, 200);
}

/// Serves a file with tables in it; gives the address.
async fn serve(file: &File, ours: bool) -> String {
    let whole = file.whole();
    whole
        .create_table(serde_json::from_value(table("items")).unwrap())
        .unwrap();
    let listen = async || {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        (listener, address)
    };
    let (listener, others) = listen().await;
    tokio::spawn(dynoxide::server::serve_on(listener, whole));
    if !ours {
        return others;
    }
    let (listener, address) = listen().await;
    let time = Arc::new(Hand::default());
    let engine = Engine::open(&file.0, time.clone()).unwrap();
    tokio::spawn(Server::new(engine, others, time).unwrap().serve(listener));
    address
}

/// Calls of every kind, good and bad, one after the other.
fn calls() -> Vec<(&'static str, String)> {
    let item = json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "g": {"S": "c"}, "set": {"SS": ["y", "x"]}, "n": {"N": "1.50"}});
    let put = |item: &Value| json!({"TableName": "items", "Item": item, "ReturnConsumedCapacity": "TOTAL"});
    let mut calls = vec![
        ("PutItem", put(&item).to_string()),
        ("PutItem", put(&json!({"pk": {"S": ""}, "sk": {"S": "b"}})).to_string()),
        ("PutItem", put(&json!({"pk": {"S": "a"}})).to_string()),
        ("PutItem", put(&json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "n": {"N": "x"}})).to_string()),
        ("PutItem", put(&json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "s": {"SS": []}})).to_string()),
        ("PutItem", put(&json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "s": {"SS": ["x", "x"]}})).to_string()),
        ("PutItem", json!({"TableName": "none", "Item": item}).to_string()),
        ("PutItem", json!({"TableName": 1}).to_string()),
        ("PutItem", "{".to_owned()),
        ("PutItem", String::new()),
        ("GetItem", json!({"TableName": "items", "Key": key(), "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL"}).to_string()),
        ("GetItem", json!({"TableName": "items", "Key": {"pk": {"S": "a"}}}).to_string()),
        ("BatchGetItem", json!({"RequestItems": {"items": {"Keys": [key(), {"pk": {"S": "no"}, "sk": {"S": "no"}}]}}}).to_string()),
        ("BatchGetItem", json!({"RequestItems": {"items": {"Keys": [key(), key()]}}}).to_string()),
        ("TransactGetItems", json!({"TransactItems": [{"Get": {"TableName": "items", "Key": key()}}]}).to_string()),
        ("Query", json!({"TableName": "items", "IndexName": "gsi1", "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"S": "c"}}}).to_string()),
        ("Query", json!({"TableName": "items", "KeyConditionExpression": "g = ",
            "ExpressionAttributeValues": {":g": {"S": "c"}}}).to_string()),
        ("Scan", json!({"TableName": "items", "Limit": 1}).to_string()),
        ("TransactWriteItems", add("x", 1).to_string()),
        ("TransactWriteItems", add(&"x".repeat(37), 1).to_string()),
        ("TransactWriteItems", add("y", 1).to_string().replace("ADD n :n", "ADD pk :n")),
        ("TransactWriteItems", json!({"TransactItems": []}).to_string()),
        ("TransactWriteItems", json!({"TransactItems": [{"Put": put(&item)}, {"Put": put(&item)}]}).to_string()),
        ("TransactWriteItems", json!({"TransactItems": [{"Put": {"TableName": "items", "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]}).to_string()),
        ("UpdateItem", json!({"TableName": "items", "Key": key(), "UpdateExpression": "SET m = :m", "ReturnValues": "ALL_NEW",
            "ExpressionAttributeValues": {":m": {"M": {"b": {"BOOL": true}, "l": {"L": [{"NULL": true}]}}}}}).to_string()),
        ("UpdateItem", json!({"TableName": "items", "Key": key(), "UpdateExpression": "SET m = :m", "ConditionExpression": "n = :m",
            "ExpressionAttributeValues": {":m": {"N": "9"}}}).to_string()),
        ("BatchWriteItem", json!({"RequestItems": {"items": [{"DeleteRequest": {"Key": key()}}]}}).to_string()),
        ("DeleteItem", json!({"TableName": "items", "Key": key(), "ReturnValues": "ALL_OLD"}).to_string()),
        ("UpdateTable", json!({"TableName": "items", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi1"}}]}).to_string()),
        ("PutItem", put(&item).to_string()),
        ("Query", json!({"TableName": "items", "IndexName": "gsi1", "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"S": "c"}}}).to_string()),
        ("DeleteTable", json!({"TableName": "items"}).to_string()),
        ("GetItem", json!({"TableName": "items", "Key": key()}).to_string()),
        ("Nothing", "{}".to_owned()),
    ];
    let deep = format!("{}{}", r#"{"L":["#.repeat(200), "]}".repeat(200)).replace("[]", r#"[{"N":"1"}]"#);
    calls.push((
        "PutItem",
        format!(r#"{{"TableName":"items","Item":{{"pk":{{"S":"a"}},"sk":{{"S":"b"}},"d":{deep}}}}}"#),
    ));
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_answered_as_dynoxide_answers_it() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (mine, its) = (File::new(), File::new());
    let (ours, plain) = (serve(&mine, true).await, serve(&its, false).await);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |address: &str, operation: &str, body: &str, signed: bool| {
        let mut request = client
            .post(address)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(body.to_owned());
        if signed {
            let signature = "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
            request = request
                .header("authorization", signature)
                .header("x-amz-date", "20260101T000000Z");
        }
        let answer = request.send().await.unwrap();
        let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
        // Times and ids of tables are of each run.
        let text = answer.text().await.unwrap();
        let mut body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if let Some(Value::Object(table)) = body.get_mut("TableDescription") {
            for of_each in [
                "CreationDateTime",
                "TableId",
                "LatestStreamArn",
                "LatestStreamLabel",
            ] {
                table.remove(of_each);
            }
        }
        (status, kind, body)
    };
    for (operation, body) in calls() {
        let wanted = send(&plain, operation, &body, true).await;
        assert_eq!(
            send(&ours, operation, &body, true).await,
            wanted,
            "{operation} {body}"
        );
    }
    let (operation, body) = ("ListTables", "{}");
    let wanted = send(&plain, operation, body, false).await;
    assert_eq!(wanted.0, 400, "who does not sign is refused");
    assert_eq!(send(&ours, operation, body, false).await, wanted);
}
