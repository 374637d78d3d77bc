//! What somebody looks at who was woken up: a dashboard for each service, and one over all.

use super::{NAMESPACE, apis, stream_workers};
use crate::{indent, split::Piece};
use names::pascal;
use serde_json::{Value, json};
use shared::{endpoint::Service, store::Table};
use std::collections::BTreeMap;

/// Columns of a dashboard.
const WIDTH: usize = 24;
/// Rows of a widget.
const HEIGHT: usize = 6;

/// A metric of ours over a whole service.
fn own(service: &str, name: &str, statistic: &str, label: &str) -> Value {
    json!([NAMESPACE, name, "Service", service, "Region", "${AWS::Region}", {"stat": statistic, "label": label}])
}

/// Every series of a metric of ours by function, found when the dashboard is looked at.
fn by_function(service: &str, name: &str, statistic: &str) -> Value {
    let search = format!(
        "SEARCH('{{{NAMESPACE},Service,Function,Region}} MetricName=\"{name}\" Service=\"{service}\" Region=\"${{AWS::Region}}\"', '{statistic}', 60)"
    );
    json!([{"expression": search, "label": "${!PROP('Dim.Function')}"}])
}

fn of(namespace: &str, metric: &str, dimension: &str, value: &str, statistic: &str, label: &str) -> Value {
    json!([format!("AWS/{namespace}"), metric, dimension, value, {"stat": statistic, "label": label}])
}

fn graph(title: &str, metrics: Vec<Value>) -> Value {
    json!({"type": "metric", "properties": {
        "title": title, "view": "timeSeries", "region": "${AWS::Region}", "period": 60, "metrics": metrics}})
}

/// Puts widgets side by side, so many in a row, and gives the dashboard.
fn dashboard(name: &str, widgets: Vec<Value>, in_row: usize) -> String {
    let width = WIDTH / in_row.max(1);
    let placed: Vec<String> = widgets
        .into_iter()
        .enumerate()
        .map(|(n, mut widget)| {
            if let Some(widget) = widget.as_object_mut() {
                let places = [
                    ("x", n % in_row * width),
                    ("y", n / in_row * HEIGHT),
                    ("width", width),
                    ("height", HEIGHT),
                ];
                widget.extend(places.map(|(name, value)| (name.to_owned(), json!(value))));
            }
            widget.to_string()
        })
        .collect();
    let body = format!("{{\"widgets\":[\n{}\n]}}\n", placed.join(",\n"));
    format!(
        "  {id}Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      # Dashboards of all regions of an account share one list of names.
      DashboardName: !Sub ledgerkeep-${{Environment}}-{name}-${{AWS::Region}}
      DashboardBody: !Sub |
{body}
",
        id = pascal(name),
        body = indent(&body, 8).trim_end(),
    )
}

/// What the gateway counts. Of several APIs each is told apart by its name.
fn gateway(apis: &[String]) -> Vec<Value> {
    let of_api = |name: &String| {
        let api = format!("ledgerkeep-${{Environment}}-{name}");
        let told = |what: &str| match apis.len() {
            1 => what.to_owned(),
            _ => format!("{name} {what}"),
        };
        [("Count", "calls"), ("4XXError", "4xx"), ("5XXError", "5xx")]
            .map(|(metric, what)| of("ApiGateway", metric, "ApiName", &api, "Sum", &told(what)))
    };
    apis.iter().flat_map(of_api).collect()
}

fn of_service(service: &Service, pieces: &[&Piece], queues: &BTreeMap<&str, u32>) -> String {
    let name = service.name;
    let mut widgets = Vec::new();
    if !service.endpoints.is_empty() {
        widgets.extend([
            graph(
                "Calls",
                vec![
                    own(name, "Latency", "SampleCount", "calls"),
                    own(name, "Refused", "Sum", "refused"),
                    own(name, "Failed", "Sum", "failed"),
                ],
            ),
            graph(
                "Latency (ms)",
                ["p50", "p90", "p99"].map(|p| own(name, "Latency", p, p)).into(),
            ),
            graph(
                "Own time of the road (ms)",
                ["p50", "p99"].map(|p| own(name, "OwnTime", p, p)).into(),
            ),
            graph(
                "Calls by function",
                vec![by_function(name, "Latency", "SampleCount")],
            ),
            graph(
                "Latency p99 by function (ms)",
                vec![by_function(name, "Latency", "p99")],
            ),
            graph("Gateway", gateway(&apis(service, pieces))),
        ]);
    }
    widgets.extend([
        graph(
            "DynamoDB",
            vec![
                own(name, "DynamoDBCalls", "Sum", "calls"),
                own(name, "ReadUnits", "Sum", "read units"),
                own(name, "WriteUnits", "Sum", "write units"),
            ],
        ),
        graph(
            "KMS",
            vec![
                own(name, "KmsCalls", "Sum", "calls"),
                own(name, "KmsErrors", "Sum", "errors"),
            ],
        ),
    ]);
    if !service.workers.is_empty() {
        widgets.extend([
            graph(
                "Runs of workers (ms, p99)",
                vec![by_function(name, "RunTime", "p99")],
            ),
            graph(
                "Workers",
                vec![
                    own(name, "RunTime", "SampleCount", "runs"),
                    own(name, "RunFailed", "Sum", "failed"),
                    own(name, "Returned", "Sum", "records that come again"),
                ],
            ),
        ]);
    }
    let behind: Vec<Value> = stream_workers(service)
        .map(|w| {
            let function = format!("ledgerkeep-${{Environment}}-{}", w.name);
            of(
                "Lambda",
                "IteratorAge",
                "FunctionName",
                &function,
                "Maximum",
                w.name,
            )
        })
        .collect();
    if !behind.is_empty() {
        widgets.push(graph("Behind the streams (ms)", behind));
    }
    if name == "audit" {
        widgets.extend([
            graph(
                "Sealer lag (ms)",
                ["p50", "p99", "Maximum"]
                    .map(|s| own(name, "SealerLag", s, s))
                    .into(),
            ),
            graph(
                "Oldest entry that was missed (s)",
                vec![own(name, "OldestUnsealed", "Maximum", "age")],
            ),
            graph("Tampering", vec![own(name, "TamperAlerts", "Sum", "alerts")]),
        ]);
    }
    if name == "notifications" {
        widgets.push(graph(
            "Delivery lag (ms)",
            ["p50", "p99", "Maximum"]
                .map(|s| own(name, "DeliveryLag", s, s))
                .into(),
        ));
        for queue in queues.keys() {
            let queued = format!("ledgerkeep-${{Environment}}-{queue}");
            let visible = "ApproximateNumberOfMessagesVisible";
            widgets.push(graph(
                &format!("Queue {queue}"),
                vec![
                    of("SQS", visible, "QueueName", &queued, "Maximum", "waiting"),
                    of(
                        "SQS",
                        visible,
                        "QueueName",
                        &format!("{queued}-dead"),
                        "Maximum",
                        "given up",
                    ),
                    of(
                        "SQS",
                        "ApproximateAgeOfOldestMessage",
                        "QueueName",
                        &queued,
                        "Maximum",
                        "age (s)",
                    ),
                ],
            ));
        }
    }
    dashboard(name, widgets, 3)
}

/// One over all services.
fn overview(services: &[&'static Service]) -> String {
    let called = || services.iter().filter(|s| !s.endpoints.is_empty());
    let each = |metric: &str, statistic: &str| -> Vec<Value> {
        called().map(|s| own(s.name, metric, statistic, s.name)).collect()
    };
    let throttled = Table::ALL.map(|table| {
        let name = format!("${{Table{}}}", pascal(table.name()));
        of(
            "DynamoDB",
            "WriteThrottleEvents",
            "TableName",
            &name,
            "Sum",
            table.name(),
        )
    });
    let widgets = vec![
        graph("Calls", each("Latency", "SampleCount")),
        graph("Failed", each("Failed", "Sum")),
        graph("Latency p99 (ms)", each("Latency", "p99")),
        graph("Refused", each("Refused", "Sum")),
        graph("Write units", each("WriteUnits", "Sum")),
        graph("KMS calls", each("KmsCalls", "Sum")),
        graph(
            "Lags p99 (ms)",
            vec![
                own("audit", "SealerLag", "p99", "sealer"),
                own("notifications", "DeliveryLag", "p99", "deliveries"),
            ],
        ),
        graph("Throttled writes of tables", throttled.into()),
        graph(
            "Lambda, whole account",
            vec![
                json!(["AWS/Lambda", "ConcurrentExecutions", {"stat": "Maximum", "label": "at once"}]),
                json!(["AWS/Lambda", "Throttles", {"stat": "Sum", "label": "throttled"}]),
            ],
        ),
    ];
    dashboard("overview", widgets, 3)
}

/// Every dashboard of a region.
pub(super) fn all(
    services: &[&'static Service],
    pieces: &[&Piece],
    queues: &BTreeMap<&str, u32>,
) -> Vec<String> {
    let mut dashboards = vec![overview(services)];
    dashboards.extend(services.iter().map(|s| of_service(s, pieces, queues)));
    dashboards
}
