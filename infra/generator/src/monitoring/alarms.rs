//! What wakes somebody up.

use super::{NAMESPACE, apis, stream_workers};
use crate::{quoted, split::Piece};
use names::pascal;
use shared::{endpoint::Service, store::Table};
use std::{collections::BTreeMap, fmt::Write};

/// Most metrics of an alarm.
const METRICS: usize = 10;

/// What missing data means.
#[derive(Clone, Copy)]
enum Missing {
    /// Nothing happened, which is fine.
    Fine,
    /// What tells it should always tell it.
    Bad,
}

/// A metric.
struct Metric {
    namespace: String,
    name: &'static str,
    /// Names and values, as YAML.
    dimensions: Vec<(&'static str, String)>,
    statistic: &'static str,
}

impl Metric {
    /// One of ours.
    fn own(service: &str, name: &'static str, statistic: &'static str) -> Self {
        Self {
            namespace: NAMESPACE.into(),
            name,
            dimensions: vec![
                ("Service", service.to_owned()),
                ("Region", "!Ref AWS::Region".into()),
            ],
            statistic,
        }
    }

    /// One of an AWS service.
    fn aws(
        service: &str,
        name: &'static str,
        dimension: Option<(&'static str, String)>,
        statistic: &'static str,
    ) -> Self {
        Self {
            namespace: format!("AWS/{service}"),
            name,
            dimensions: dimension.into_iter().collect(),
            statistic,
        }
    }

    fn function(name: &str, metric: &'static str, statistic: &'static str) -> Self {
        let function = format!("!Sub ledgerkeep-${{Environment}}-{name}");
        Self::aws("Lambda", metric, Some(("FunctionName", function)), statistic)
    }

    fn dimensions(&self, pad: &str) -> String {
        if self.dimensions.is_empty() {
            return String::new();
        }
        let mut out = format!("{pad}Dimensions:\n");
        for (name, value) in &self.dimensions {
            let _ = write!(out, "{pad}  - Name: {name}\n{pad}    Value: {value}\n");
        }
        out
    }

    fn namespace(&self) -> String {
        if self.namespace.contains("${") {
            format!("!Sub {}", self.namespace)
        } else {
            self.namespace.clone()
        }
    }
}

/// What an alarm looks at.
enum Watched {
    One(Metric),
    /// Metrics `m1`, `m2`, … and an expression over them.
    Math(Vec<Metric>, String),
}

/// An alarm.
pub(super) struct Alarm {
    name: String,
    about: String,
    runbook: &'static str,
    watched: Watched,
    period: u32,
    /// So many of so many periods.
    of: (u32, u32),
    above: u32,
    missing: Missing,
}

impl Alarm {
    fn new(name: String, runbook: &'static str, about: String, watched: Watched, above: u32) -> Self {
        Self {
            name,
            about,
            runbook,
            watched,
            period: 60,
            of: (1, 1),
            above,
            missing: Missing::Fine,
        }
    }

    fn lasting(mut self, period: u32, breaching: u32, of: u32) -> Self {
        (self.period, self.of) = (period, (breaching, of));
        self
    }

    fn telling(mut self) -> Self {
        self.missing = Missing::Bad;
        self
    }

    /// The resource.
    pub(super) fn yaml(&self) -> String {
        let (breaching, of) = self.of;
        let about = format!("{} Runbook: ${{RunbookUrl}}/{}.md", self.about, self.runbook);
        let missing = match self.missing {
            Missing::Fine => "notBreaching",
            Missing::Bad => "breaching",
        };
        let mut out = format!(
            "  {id}Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub ledgerkeep-${{Environment}}-{name}
      AlarmDescription: !Sub {about}
      ActionsEnabled: true
      AlarmActions:
        - !Ref AlarmTopic
      OKActions:
        - !Ref AlarmTopic
      ComparisonOperator: GreaterThanThreshold
      Threshold: {above}
      EvaluationPeriods: {of}
      DatapointsToAlarm: {breaching}
      TreatMissingData: {missing}
",
            id = pascal(&self.name),
            name = self.name,
            about = quoted(&about),
            above = self.above,
        );
        let period = self.period;
        match &self.watched {
            Watched::One(metric) => {
                let (kind, more) = match metric.statistic.starts_with('p') {
                    true => (
                        "ExtendedStatistic",
                        "      EvaluateLowSampleCountPercentile: ignore\n",
                    ),
                    false => ("Statistic", ""),
                };
                let _ = write!(
                    out,
                    "      Namespace: {}\n      MetricName: {}\n      {kind}: {}\n{more}      Period: {period}\n{}",
                    metric.namespace(),
                    metric.name,
                    metric.statistic,
                    metric.dimensions("      "),
                );
            }
            Watched::Math(metrics, expression) => {
                let _ = write!(
                    out,
                    "      Metrics:\n        - Id: watched\n          Expression: {}\n          ReturnData: true\n",
                    quoted(expression)
                );
                for (n, metric) in metrics.iter().enumerate() {
                    let _ = write!(
                        out,
                        "        - Id: m{}
          ReturnData: false
          MetricStat:
            Metric:
              Namespace: {}
              MetricName: {}
{}            Period: {period}
            Stat: {}
",
                        n + 1,
                        metric.namespace(),
                        metric.name,
                        metric.dimensions("              "),
                        metric.statistic,
                    );
                }
            }
        }
        out.push('\n');
        out
    }
}

/// Of a service with an API.
fn answers(service: &Service, pieces: &[&Piece]) -> Vec<Alarm> {
    let name = service.name;
    let mut alarms = vec![
        Alarm::new(
            format!("{name}-errors"),
            "errors",
            format!("More than 1 % of the calls of {name} fail, or three of few."),
            Watched::Math(
                vec![
                    Metric::own(name, "Failed", "Sum"),
                    Metric::own(name, "Failed", "SampleCount"),
                ],
                // One failure of five calls is no rate.
                "IF(m2 >= 100, 100 * m1 / m2, IF(m1 >= 3, 100, 0))".into(),
            ),
            1,
        )
        .lasting(60, 3, 5),
        Alarm::new(
            format!("{name}-latency"),
            "latency",
            format!("One of a hundred calls of {name} takes more than 3 s."),
            Watched::One(Metric::own(name, "Latency", "p99")),
            3_000,
        )
        .lasting(60, 5, 5),
    ];
    alarms.extend(apis(service, pieces).into_iter().map(|api| {
        Alarm::new(
            format!("{api}-gateway"),
            "gateway-errors",
            format!("The gateway answers 5xx for {api}: functions that end without an answer are not in their own metrics."),
            Watched::One(gateway_errors(&api)),
            4,
        )
        .lasting(300, 1, 1)
    }));
    alarms
}

/// What the gateway of an API answers with 5xx.
fn gateway_errors(api: &str) -> Metric {
    let api = format!("!Sub ledgerkeep-${{Environment}}-{api}");
    Metric::aws("ApiGateway", "5XXError", Some(("ApiName", api)), "Sum")
}

/// What tells that a new version is worse than the one before, within a minute.
pub(super) fn canary(piece: &Piece) -> Alarm {
    let name = piece.service.name;
    Alarm::new(
        format!("{}-canary", piece.name()),
        "canary",
        format!("Calls or runs of {name} fail; a deployment that is under way is taken back."),
        Watched::Math(
            vec![
                Metric::own(name, "Failed", "Sum"),
                Metric::own(name, "RunFailed", "Sum"),
                gateway_errors(&piece.name()),
            ],
            "FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0)".into(),
        ),
        2,
    )
}

/// The same of the portal, whose function tells no metrics of its own.
pub(super) fn portal() -> Alarm {
    Alarm::new(
        format!("{}-canary", crate::portal::NAME),
        "canary",
        "The portal cannot be loaded; a deployment that is under way is taken back.".into(),
        Watched::Math(
            vec![
                Metric::function("serve_portal", "Errors", "Sum"),
                gateway_errors(crate::portal::NAME),
            ],
            "FILL(m1, 0) + FILL(m2, 0)".into(),
        ),
        2,
    )
}

/// Of a service with workers.
fn works(service: &Service) -> Vec<Alarm> {
    let name = service.name;
    let mut alarms = Vec::new();
    for (n, workers) in service.workers.chunks(METRICS).enumerate() {
        let metrics: Vec<Metric> = workers
            .iter()
            .map(|w| Metric::function(w.name, "Errors", "Sum"))
            .collect();
        let sum: Vec<String> = (1..=metrics.len()).map(|m| format!("FILL(m{m}, 0)")).collect();
        let more = if n == 0 {
            String::new()
        } else {
            format!("-{}", n + 1)
        };
        let about = format!("Workers of {name} fail again and again: each run is tried three times.");
        alarms.push(
            Alarm::new(
                format!("{name}-workers{more}"),
                "worker-failures",
                about,
                Watched::Math(metrics, sum.join(" + ")),
                2,
            )
            .lasting(900, 1, 1),
        );
    }
    for worker in stream_workers(service) {
        alarms.push(
            Alarm::new(
                format!("{}-behind", worker.name.replace('_', "-")),
                "stream-age",
                format!("{} is more than a minute behind its stream.", worker.name),
                Watched::One(Metric::function(worker.name, "IteratorAge", "Maximum")),
                60_000,
            )
            .lasting(60, 5, 5),
        );
    }
    alarms
}

/// Every alarm of a region.
pub(super) fn all(
    services: &[&'static Service],
    pieces: &[&Piece],
    queues: &BTreeMap<&str, u32>,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for service in services {
        if !service.endpoints.is_empty() {
            alarms.extend(answers(service, pieces));
        }
        alarms.extend(works(service));
        alarms.push(
            Alarm::new(
                format!("{}-kms", service.name),
                "kms-errors",
                format!("KMS refuses calls of {} or does not answer them.", service.name),
                Watched::One(Metric::own(service.name, "KmsErrors", "Sum")),
                4,
            )
            .lasting(60, 2, 5),
        );
    }
    let has = |name: &str| services.iter().any(|s| s.name == name);
    if has("audit") {
        alarms.extend([
            Alarm::new(
                "sealer-lag".into(),
                "sealer-lag",
                "One of a hundred audit entries waits more than 5 s until it is sealed.".into(),
                Watched::One(Metric::own("audit", "SealerLag", "p99")),
                5_000,
            )
            .lasting(60, 5, 5),
            Alarm::new(
                "unsealed-age".into(),
                "unsealed-age",
                "An audit entry is older than two minutes and not sealed, or nobody looks whether one is."
                    .into(),
                Watched::One(Metric::own("audit", "OldestUnsealed", "Maximum")),
                120,
            )
            .lasting(300, 2, 2)
            .telling(),
            Alarm::new(
                "tampering".into(),
                "tampering",
                "An audit entry was changed, removed or forged.".into(),
                Watched::One(Metric::own("audit", "TamperAlerts", "Sum")),
                0,
            ),
        ]);
    }
    if has("notifications") {
        alarms.push(
            Alarm::new(
                "delivery-lag".into(),
                "delivery-lag",
                "One of a hundred deliveries is attempted more than a minute late.".into(),
                Watched::One(Metric::own("notifications", "DeliveryLag", "p99")),
                60_000,
            )
            .lasting(60, 5, 5),
        );
    }
    for queue in queues.keys() {
        let of = |name: String| Some(("QueueName", format!("!Sub ledgerkeep-${{Environment}}-{name}")));
        alarms.extend([
            Alarm::new(
                format!("{queue}-dead"),
                "dead-letters",
                format!("Messages of the queue {queue} were given up."),
                Watched::One(Metric::aws(
                    "SQS",
                    "ApproximateNumberOfMessagesVisible",
                    of(format!("{queue}-dead")),
                    "Maximum",
                )),
                0,
            ),
            Alarm::new(
                format!("{queue}-waiting"),
                "delivery-lag",
                format!("A message waits in the queue {queue} for more than half an hour."),
                Watched::One(Metric::aws(
                    "SQS",
                    "ApproximateAgeOfOldestMessage",
                    of((*queue).to_owned()),
                    "Maximum",
                )),
                1_800,
            )
            .lasting(300, 2, 2),
        ]);
    }
    for table in Table::ALL {
        let of = || Some(("TableName", format!("!Ref Table{}", pascal(table.name()))));
        alarms.push(
            Alarm::new(
                format!("{}-table-throttled", table.name()),
                "throttles",
                format!("DynamoDB throttles the {} table.", table.name()),
                Watched::Math(
                    vec![
                        Metric::aws("DynamoDB", "ReadThrottleEvents", of(), "Sum"),
                        Metric::aws("DynamoDB", "WriteThrottleEvents", of(), "Sum"),
                    ],
                    "FILL(m1, 0) + FILL(m2, 0)".into(),
                ),
                10,
            )
            .lasting(60, 3, 5),
        );
    }
    // Without a dimension: all functions of the account, which share one limit.
    alarms.push(
        Alarm::new(
            "functions-throttled".into(),
            "throttles",
            "Lambda throttles functions of this account.".into(),
            Watched::One(Metric::aws("Lambda", "Throttles", None, "Sum")),
            0,
        )
        .lasting(60, 2, 5),
    );
    alarms
}
