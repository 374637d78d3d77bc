//! A service's stack: its API, and for each function the function, its role and its log group.

use super::{
    HEADER, Stack, access, indent,
    model::{self, Check},
    parameters::{self, Parameters},
    pascal, quoted, refusals,
    role::Role,
};
use serde_json::{Map, json};
use shared::{
    endpoint::{Declaration, Service, Uses},
    worker::{Trigger, Worker},
};
use std::{collections::BTreeMap, fmt::Write};

/// Seconds that API Gateway waits for an answer.
pub(super) const ENDPOINT_TIMEOUT: u32 = 29;
/// Memory of workers in MB.
pub(super) const WORKER_MEMORY: u32 = 512;
/// Variables that every function has.
pub(super) const VARIABLES: [&str; 4] = ["ALLOWED_NETWORKS", "ISSUER", "LEDGERKEEP_ENV", "REGIONAL_URLS"];
/// The variable that names the role under which a function reaches data.
pub(crate) const DATA_ROLE: &str = "DATA_ROLE";
/// Larger batches from a queue need a window.
const BATCH_WITHOUT_WINDOW: u32 = 10;

/// The stack of a service.
pub(super) fn stack(service: &Service) -> Stack {
    let parameters = Parameters::default()
        .with([
            parameters::environment(),
            parameters::domain(),
            parameters::allowed_networks(),
            parameters::regional_urls(),
            parameters::architecture(),
            parameters::log_retention(),
            parameters::log_key(),
            parameters::function_boundary(),
            parameters::data_boundary(),
        ])
        .with(super::needs(service).flat_map(|(needs, trigger)| {
            let triggered = trigger
                .iter()
                .flat_map(parameters::of_trigger)
                .collect::<Vec<_>>();
            needs
                .iter()
                .flat_map(parameters::of_need)
                .chain(triggered)
                .collect::<Vec<_>>()
        }));
    // An address is only asked for where something is sent to it.
    let parameters = match sends(service) {
        true => parameters,
        false => parameters.without(|name| name.starts_with("Queue") && name.ends_with("Url")),
    };
    let mut text = format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: {about}

{parameters}
{GLOBALS}
Resources:
",
        about = quoted(&format!("Ledgerkeep {}: {}", service.name, service.about)),
        parameters = parameters.section(),
    );
    let mut resources = Vec::new();
    let checks = model::checks(service);
    if !service.endpoints.is_empty() {
        resources.push(api(service, &checks));
        resources.push(logs("Api", &format!("api-{}", service.name)));
    }
    for function in service.endpoints {
        let declaration = &function.declaration;
        resources.extend(endpoint(declaration, checks.get(declaration.name)));
    }
    for w in service.workers {
        resources.extend(worker(w));
    }
    text.push_str(&indent(&resources.join("\n"), 2));
    if !service.endpoints.is_empty() {
        text.push_str(OUTPUTS);
    }
    Stack { text, parameters }
}

fn sends(service: &Service) -> bool {
    super::needs(service).any(|(needs, _)| needs.iter().any(|n| matches!(n, Uses::Send(_))))
}

const GLOBALS: &str = "\
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    Architectures:
      - !Ref Architecture
    Timeout: 29
    Tracing: Active
    AutoPublishAlias: live
    Environment:
      Variables:
        LEDGERKEEP_ENV: !Ref Environment
        ISSUER: !Sub https://${DomainName}
        ALLOWED_NETWORKS: !Ref AllowedNetworks
        REGIONAL_URLS: !Ref RegionalUrls
";

const OUTPUTS: &str = "
Outputs:
  ApiId:
    Description: Id of the API, for the rules of the custom domain.
    Value: !Ref Api
";

fn api(service: &Service, checks: &BTreeMap<&str, Check>) -> String {
    let elsewhere: String = service
        .endpoints
        .iter()
        .map(|f| f.declaration.path)
        .filter(|path| !path.starts_with(&format!("/{}/", service.name)))
        .map(|path| {
            format!(
                "# A second rule leads here, by the base path {}.\n",
                path.trim_start_matches('/')
            )
        })
        .collect();
    let mut out = format!(
        "\
# Paths are whole, service name included. The custom domain routes to this API by a rule on the first segment that does
# not strip it (StripBasePath of AWS::ApiGatewayV2::RoutingRule), so what is matched here is what the client sent.
{elsewhere}Api:
  Type: AWS::Serverless::Api
  Properties:
    Name: !Sub ledgerkeep-${{Environment}}-{name}
    Description: {about}
    StageName: live
    OpenApiVersion: 3.0.1
    EndpointConfiguration:
      Type: REGIONAL
    SecurityPolicy: SecurityPolicy_TLS13_1_2_2021_06
    # SAM writes parameters in the manner of OpenAPI 2, which API Gateway takes with a warning.
    FailOnWarnings: false
    TracingEnabled: true
    AccessLogSetting:
      DestinationArn: !GetAtt ApiLogs.Arn
      # The path without its query, and nothing of headers or bodies: personal data stays out of logs.
      Format: '{{\"request_id\":\"$context.requestId\",\"extended_id\":\"$context.extendedRequestId\",\"time\":\"$context.requestTime\",\"address\":\"$context.identity.sourceIp\",\"method\":\"$context.httpMethod\",\"resource\":\"$context.resourcePath\",\"status\":\"$context.status\",\"error\":\"$context.error.responseType\",\"millis\":\"$context.responseLatency\",\"trace\":\"$context.xrayTraceId\"}}'
    MethodSettings:
      - ResourcePath: /*
        HttpMethod: '*'
        LoggingLevel: ERROR
        DataTraceEnabled: false
        MetricsEnabled: true
        ThrottlingRateLimit: 500
        ThrottlingBurstLimit: 1000
",
        name = service.name,
        about = quoted(service.about),
    );
    out.push_str(&indent(&refusals::yaml(), 4));
    let mut models = Map::new();
    for (name, check) in checks {
        models.extend(check.model.clone().map(|model| (pascal(name), model)));
    }
    if !models.is_empty() {
        // JSON is YAML, so this cannot fail; a template without its models would not pass the tests.
        let models = serde_yaml_ng::to_string(&json!({"Models": models})).unwrap_or_default();
        out.push_str(&indent(&models, 4));
    }
    out
}

/// What the gateway checks before it calls the function.
fn checked(d: &Declaration, check: &Check) -> String {
    let mut out = String::new();
    if check.model.is_some() {
        let _ = write!(
            out,
            "    RequestModel:\n      Model: {}\n      Required: {required}\n      ValidateBody: {required}\n      ValidateParameters: true\n",
            pascal(d.name),
            required = check.required,
        );
    }
    if !check.parameters.is_empty() {
        out.push_str("    RequestParameters:\n");
    }
    for parameter in &check.parameters {
        let _ = write!(
            out,
            "      - method.request.{parameter}:\n          Required: true\n          Caching: false\n"
        );
    }
    out
}

fn logs(id: &str, group: &str) -> String {
    format!(
        "\
{id}Logs:
  Type: AWS::Logs::LogGroup
  DeletionPolicy: Retain
  UpdateReplacePolicy: Retain
  Properties:
    LogGroupName: !Sub /ledgerkeep/${{Environment}}/{group}
    RetentionInDays: !Ref LogRetention
    KmsKeyId: !Ref LogKey
"
    )
}

/// What endpoints and workers have in common.
struct Function<'a> {
    name: &'a str,
    about: String,
    memory: u32,
    timeout: u32,
    needs: &'a [Uses],
    events: String,
}

impl Function<'_> {
    fn yaml(&self) -> String {
        let id = pascal(self.name);
        let mut out = format!(
            "\
{id}:
  Type: AWS::Serverless::Function
  Properties:
    FunctionName: !Sub ledgerkeep-${{Environment}}-{name}
    Description: {about}
    PackageType: Zip
    CodeUri: ../target/lambda/{name}/
    MemorySize: {memory}
    # A changed variable or size must reach the alias too.
    AutoPublishAliasAllProperties: true
",
            name = self.name,
            about = quoted(&self.about),
            memory = self.memory,
        );
        if self.timeout != ENDPOINT_TIMEOUT {
            let _ = writeln!(out, "    Timeout: {}", self.timeout);
        }
        let _ = write!(
            out,
            "    Role: !GetAtt {id}Role.Arn\n    LoggingConfig:\n      LogGroup: !Ref {id}Logs\n"
        );
        let _ = writeln!(
            out,
            "    Environment:\n      Variables:\n        {DATA_ROLE}: !GetAtt {id}DataRole.Arn"
        );
        for (variable, parameter) in parameters::variables(self.needs) {
            let _ = writeln!(out, "        {variable}: !Ref {parameter}");
        }
        if !self.events.is_empty() {
            out.push_str("    Events:\n");
            out.push_str(&indent(&self.events, 6));
        }
        out
    }

    fn resources(&self, function: access::Function<'_>, trigger: Option<Trigger>) -> [String; 4] {
        let id = pascal(self.name);
        let role = Role {
            id: &id,
            function,
            trigger,
        };
        [self.yaml(), role.yaml(), role.data(), logs(&id, self.name)]
    }
}

fn endpoint(d: &Declaration, check: Option<&Check>) -> [String; 4] {
    let (method, path) = ((d.method)(), d.path);
    let events = format!(
        "Api:\n  Type: Api\n  Properties:\n    RestApiId: !Ref Api\n    Path: {}\n    Method: {method}\n{}",
        quoted(path),
        check.map(|check| checked(d, check)).unwrap_or_default(),
    );
    let function = Function {
        name: d.name,
        about: format!("{method} {path}: {}", d.summary),
        memory: d.memory,
        timeout: ENDPOINT_TIMEOUT,
        needs: &d.needs(),
        events,
    };
    function.resources(access::Function::endpoint(d), None)
}

fn worker(w: &Worker) -> [String; 4] {
    let function = Function {
        name: w.name,
        about: w.summary.to_owned(),
        memory: WORKER_MEMORY,
        timeout: w.timeout,
        needs: &w.needs(),
        events: events(w),
    };
    function.resources(access::Function::worker(w), Some(w.trigger))
}

fn events(worker: &Worker) -> String {
    let batch = worker.batch;
    match worker.trigger {
        Trigger::Stream(tables) => tables
            .iter()
            .map(|table| {
                let name = pascal(table.name());
                // No record is given up: a batch is halved and tried again until its records expire, and alarms watch
                // how old they get.
                format!(
                    "\
{name}:
  Type: DynamoDB
  Properties:
    Stream: !Ref Stream{name}
    StartingPosition: TRIM_HORIZON
    BatchSize: {batch}
    MaximumBatchingWindowInSeconds: 1
    BisectBatchOnFunctionError: true
    FunctionResponseTypes: [ReportBatchItemFailures]
"
                )
            })
            .collect(),
        Trigger::Queue(queue) => {
            let name = pascal(queue);
            let mut out = format!(
                "{name}:\n  Type: SQS\n  Properties:\n    Queue: !Ref Queue{name}Arn\n    BatchSize: {batch}\n"
            );
            if batch > BATCH_WITHOUT_WINDOW {
                out.push_str("    MaximumBatchingWindowInSeconds: 1\n");
            }
            out.push_str("    FunctionResponseTypes: [ReportBatchItemFailures]\n");
            out
        }
        Trigger::Manual => String::new(),
        Trigger::Schedule(expression) => {
            format!(
                "Schedule:\n  Type: Schedule\n  Properties:\n    Schedule: {}\n",
                quoted(expression)
            )
        }
    }
}
