//! Every document keeps the rules of the embedded metric format's specification and schema.

use super::*;
use crate::store::meter::KmsUse;
use std::collections::BTreeSet;

/// CloudWatch's units (`StandardUnit`), as far as they are not a rate.
const UNITS: [&str; 15] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Percent",
    "Count",
    "None",
];

/// The rules of "Specification: Embedded metric format" and its JSON schema; what breaks them.
fn broken(document: &Value) -> Option<String> {
    let no = |what: &str| Some(what.to_owned());
    let Some(root) = document.as_object() else {
        return no("the root is no object");
    };
    let Some(aws) = root.get("_aws").and_then(Value::as_object) else {
        return no("no _aws");
    };
    if !aws.get("Timestamp").is_some_and(Value::is_u64) {
        return no("Timestamp is not a number of milliseconds");
    }
    let Some(directives) = aws.get("CloudWatchMetrics").and_then(Value::as_array) else {
        return no("no CloudWatchMetrics");
    };
    if document.to_string().len() > 1024 * 1024 || document.to_string().contains('\n') {
        return no("not one line of at most 1 MB");
    }
    for directive in directives {
        let Some(directive) = directive.as_object() else {
            return no("a directive is no object");
        };
        let keys: BTreeSet<&str> = directive.keys().map(String::as_str).collect();
        if keys != BTreeSet::from(["Dimensions", "Metrics", "Namespace"]) {
            return no("a directive has Namespace, Dimensions and Metrics");
        }
        let namespace = directive["Namespace"].as_str().unwrap_or_default();
        if !(1..=1024).contains(&namespace.len()) || namespace.starts_with("AWS/") {
            return no("the namespace");
        }
        let sets = directive["Dimensions"].as_array().unwrap();
        if sets.is_empty() {
            return no("no dimension set");
        }
        for set in sets {
            let set = set.as_array().unwrap();
            if set.is_empty() || set.len() > 30 {
                return no("a dimension set has 1 to 30 references");
            }
            for name in set {
                let name = name.as_str().unwrap();
                let value = root.get(name).and_then(Value::as_str);
                if !(1..=250).contains(&name.len()) || !value.is_some_and(|v| (1..=1024).contains(&v.len())) {
                    return Some(format!("the dimension {name} has no text as its target"));
                }
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        if !(1..=100).contains(&metrics.len()) {
            return no("a directive has 1 to 100 metrics");
        }
        let mut names = BTreeSet::new();
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap_or_default();
            if !(1..=1024).contains(&name.len()) || !names.insert(name) {
                return Some(format!("the metric {name:?}"));
            }
            if !UNITS.contains(&metric["Unit"].as_str().unwrap_or("None")) {
                return Some(format!("the unit of {name}"));
            }
            let numbers = match root.get(name) {
                Some(Value::Array(values)) => {
                    (1..=100).contains(&values.len()) && values.iter().all(Value::is_number)
                }
                Some(value) => value.is_number(),
                None => false,
            };
            if !numbers {
                return Some(format!("{name} has no numbers as its target"));
            }
        }
    }
    None
}

fn told(meter: &Meter, subject: Subject<'_>, outcome: Outcome) -> Value {
    Invocation {
        env: "prod",
        region: "eu-west-1",
        service: "billing",
        function: "create_customer",
        subject,
        outcome,
        at: Timestamp::UNIX_EPOCH,
        took: Duration::from_micros(12_345),
        meter,
    }
    .emf()
}

const CALL: Subject<'static> = Subject::Call {
    status: 201,
    request: "req_1",
    trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
};

#[test]
fn a_call_is_a_document_of_the_format() {
    let meter = Meter::default();
    meter.call();
    meter.read_units(2.5);
    meter.write_units(18.0);
    meter.kms(KmsUse::Data);
    meter.kms_error();
    let document = told(&meter, CALL, Outcome::Succeeded);
    assert_eq!(broken(&document), None, "{document}");
    for (name, value) in [
        ("Latency", json!(12.345)),
        ("OwnTime", json!(12.345)),
        ("Failed", json!(0)),
        ("Refused", json!(0)),
        ("DynamoDBCalls", json!(1)),
        ("ReadUnits", json!(2.5)),
        ("WriteUnits", json!(18.0)),
        ("KmsCalls", json!(1)),
        ("KmsErrors", json!(1)),
        ("Service", json!("billing")),
        ("Function", json!("create_customer")),
        ("Region", json!("eu-west-1")),
        ("status", json!(201)),
    ] {
        assert_eq!(document[name], value, "{name}");
    }
    assert!(document.get("SealerLag").is_none(), "{document}");
    let each = &document["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(each["Namespace"], "Ledgerkeep/prod");
    assert_eq!(
        each["Dimensions"],
        json!([["Service", "Region"], ["Service", "Function", "Region"]])
    );
}

#[test]
fn outcomes_are_counted_apart() {
    let meter = Meter::default();
    for (status, want) in [
        (200, [0, 0]),
        (302, [0, 0]),
        (404, [1, 0]),
        (429, [1, 0]),
        (503, [0, 1]),
    ] {
        let document = told(&meter, CALL, Outcome::of(status));
        assert_eq!(
            [&document["Refused"], &document["Failed"]],
            [&json!(want[0]), &json!(want[1])],
            "{status}"
        );
    }
}

#[test]
fn a_run_tells_what_it_noted_and_no_more_than_fits() {
    let meter = Meter::default();
    meter.note(Gauge::TamperAlerts, 1.0);
    for n in 0..1_000 {
        meter.note(Gauge::SealerLag, f64::from(n));
    }
    let document = told(&meter, Subject::Run { returned: 3 }, Outcome::Failed);
    assert_eq!(broken(&document), None, "{document}");
    let lags = document["SealerLag"].as_array().unwrap();
    assert_eq!(lags.len(), VALUES);
    assert_eq!((&lags[0], &lags[99]), (&json!(0.0), &json!(999.0)));
    assert_eq!(lags[50], json!(504.0), "spread evenly");
    assert_eq!(document["TamperAlerts"], json!([1.0]));
    assert_eq!(
        (&document["RunFailed"], &document["Returned"]),
        (&json!(1), &json!(3))
    );
    assert!(document.get("Latency").is_none() && document.get("request_id").is_none());
    assert_eq!(thinned(vec![3.0, 1.0]), [1.0, 3.0]);
}

#[test]
fn only_service_function_and_region_are_dimensions() {
    for subject in [CALL, Subject::Run { returned: 0 }] {
        let document = told(&Meter::default(), subject, Outcome::Succeeded);
        for directive in document["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            for name in directive["Dimensions"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|s| s.as_array().unwrap())
            {
                assert!(
                    ["Service", "Function", "Region"].contains(&name.as_str().unwrap()),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn the_rules_of_the_format_can_be_broken() {
    let good = told(&Meter::default(), CALL, Outcome::Succeeded);
    type Break = fn(&mut Value);
    let breaks: [Break; 7] = [
        |d| drop(d.as_object_mut().unwrap().remove("_aws")),
        |d| d["_aws"]["Timestamp"] = json!("now"),
        |d| d["Latency"] = json!("12"),
        |d| d["Latency"] = json!(vec![1; 101]),
        |d| d["Service"] = json!(1),
        |d| d["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"] = json!("ms"),
        |d| d["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0] = json!(["Tenant"]),
    ];
    for (n, change) in breaks.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(broken(&bad).is_some(), "{n}: {bad}");
    }
}
