//! A service's stack: its API, and for each function the function, its role and its log group.

use super::{
    Stack,
    document::{self, Waiver, waived},
    gateway, indent,
    model::{self, Check},
    monitoring,
    parameters::{self, Parameters},
    pascal, quoted,
    role::Role,
    sharing,
    split::Piece,
};
use names::{DATA_ROLE, ENDPOINT_TIMEOUT, WORKER_MEMORY};
use shared::{
    endpoint::{Declaration, Uses},
    worker::{Trigger, Worker},
};
use std::fmt::Write;

/// Larger batches from a queue need a window.
const BATCH_WITHOUT_WINDOW: u32 = 10;

/// A stack of a service.
pub(super) fn stack(piece: &Piece) -> Stack {
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
            parameters::network_policy(),
            parameters::vpc_subnets(),
            parameters::vpc_security_group(),
            parameters::deployment(),
            parameters::alarm_topic(),
            parameters::runbook_url(),
        ])
        .with(piece.needs().flat_map(|(needs, trigger)| {
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
    let parameters = match sends(piece) {
        true => parameters,
        false => parameters.without(|name| name.starts_with("Queue") && name.ends_with("Url")),
    };
    let mut resources = Vec::new();
    let mut checks = model::checks(piece.service);
    checks.retain(|name, _| piece.endpoints.iter().any(|f| f.declaration.name == *name));
    let roles = sharing::roles(piece);
    if !piece.endpoints.is_empty() {
        resources.push(gateway::api(piece, &checks));
        resources.push(logs("Api", &format!("api-{}", piece.name())));
    }
    for function in &piece.endpoints {
        let declaration = &function.declaration;
        resources.extend(endpoint(declaration, checks.get(declaration.name), &roles));
    }
    for w in &piece.workers {
        resources.extend(worker(w, &roles));
    }
    let mut body = format!("{CONDITIONS}\n{GLOBALS}\nResources:\n");
    body.push_str(&indent(&resources.join("\n"), 2));
    body.push('\n');
    body.push_str(monitoring::canary(piece).trim_end());
    body.push('\n');
    if !piece.endpoints.is_empty() {
        body.push_str(OUTPUTS);
    }
    let about = format!("Ledgerkeep {}: {}", piece.name(), piece.service.about);
    let text = document::sam(&about, &parameters, &body);
    Stack { text, parameters }
}

fn sends(piece: &Piece) -> bool {
    piece
        .needs()
        .any(|(needs, _)| needs.iter().any(|n| matches!(n, Uses::Send(_))))
}

pub(super) const CONDITIONS: &str = "\
Conditions:
  HasDomain: !Not [!Equals [!Ref DomainName, localhost]]
  InVpc: !Not [!Equals [!Ref VpcSubnets, '']]
";

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
    DeploymentPreference:
      Type: !Ref Deployment
      Alarms:
        - !Ref CanaryAlarm
    Environment:
      Variables:
        LEDGERKEEP_ENV: !Ref Environment
        ISSUER: !Sub https://${DomainName}
        ALLOWED_NETWORKS: !Ref AllowedNetworks
        REGIONAL_URLS: !Ref RegionalUrls
";

pub(super) const OUTPUTS: &str = "
Outputs:
  ApiId:
    Description: Id of the API, for the rules of the custom domain.
    Value: !Ref Api
";

pub(super) fn logs(id: &str, group: &str) -> String {
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

/// Whether a function runs in the network where there is one: there is no way from there to anybody outside of AWS, nor to SES.
pub(super) fn in_network(needs: &[Uses]) -> bool {
    !needs.iter().any(|n| matches!(n, Uses::Egress | Uses::Mail))
}

pub(super) const NETWORK: &str = "\
VpcConfig: !If
  - InVpc
  - SubnetIds: !Split [',', !Ref VpcSubnets]
    SecurityGroupIds:
      - !Ref VpcSecurityGroup
  - !Ref AWS::NoValue
";

/// Public rules that every function breaks on purpose.
pub(super) const WAIVERS: [Waiver; 3] = [
    (
        "CKV_AWS_115",
        "What is reserved for one function is taken from all others; the gateway limits the rate, and an alarm watches throttling",
    ),
    (
        "CKV_AWS_116",
        "Called by the gateway, a stream or a queue, which each have their own way with failures; schedules come again, and an alarm watches failures",
    ),
    (
        "CKV_AWS_173",
        "The variables are names and ARNs; secrets stand in Secrets Manager",
    ),
];
/// What those break that talk to somebody outside of AWS.
const OUTSIDE: Waiver = (
    "CKV_AWS_117",
    "Talks to hosts on the internet or to SES, to which the network has no way",
);

impl Function<'_> {
    fn waivers(&self) -> Vec<Waiver> {
        let mut waivers = WAIVERS.to_vec();
        waivers.extend((!in_network(self.needs)).then_some(OUTSIDE));
        waivers
    }

    /// The function; its roles' logical ids begin with `role`.
    fn yaml(&self, role: &str) -> String {
        let id = pascal(self.name);
        let mut out = format!(
            "\
{id}:
  Type: AWS::Serverless::Function
{waived}  Properties:
    FunctionName: !Sub ledgerkeep-${{Environment}}-{name}
    Description: {about}
    PackageType: Zip
    CodeUri: {code}
    MemorySize: {memory}
    # A changed variable or size must reach the alias too.
    AutoPublishAliasAllProperties: true
",
            name = self.name,
            code = names::files::code(self.name),
            waived = indent(&waived(&self.waivers()), 2),
            about = quoted(&self.about),
            memory = self.memory,
        );
        if in_network(self.needs) {
            out.push_str(&indent(NETWORK, 4));
        }
        if self.timeout != ENDPOINT_TIMEOUT {
            let _ = writeln!(out, "    Timeout: {}", self.timeout);
        }
        let _ = write!(
            out,
            "    Role: !GetAtt {role}Role.Arn\n    LoggingConfig:\n      LogGroup: !Ref {id}Logs\n"
        );
        let _ = writeln!(
            out,
            "    Environment:\n      Variables:\n        {DATA_ROLE}: !GetAtt {role}DataRole.Arn"
        );
        for (variable, parameter) in names::variables(self.needs) {
            let _ = writeln!(out, "        {variable}: !Ref {parameter}");
        }
        if !self.events.is_empty() {
            out.push_str("    Events:\n");
            out.push_str(&indent(&self.events, 6));
        }
        out
    }

    /// The function, its roles where it is the first that has them, and its logs.
    fn resources(&self, roles: &[Role<'_>]) -> Vec<String> {
        let id = pascal(self.name);
        let mut out = Vec::new();
        if let Some(role) = roles.iter().find(|r| r.holders.contains(&self.name)) {
            out.push(self.yaml(&role.id));
            if role.holders.first() == Some(&self.name) {
                out.extend([role.yaml(), role.data()]);
            }
        }
        out.push(logs(&id, self.name));
        out
    }
}

fn endpoint(d: &Declaration, check: Option<&Check>, roles: &[Role<'_>]) -> Vec<String> {
    let (method, path) = ((d.method)(), d.path);
    let events = format!(
        "Api:\n  Type: Api\n  Properties:\n    RestApiId: !Ref Api\n    Path: {}\n    Method: {method}\n{}",
        quoted(path),
        check.map(|check| gateway::checked(d, check)).unwrap_or_default(),
    );
    let function = Function {
        name: d.name,
        about: format!("{method} {path}: {}", d.summary),
        memory: d.memory,
        timeout: ENDPOINT_TIMEOUT,
        needs: &d.needs(),
        events,
    };
    function.resources(roles)
}

fn worker(w: &Worker, roles: &[Role<'_>]) -> Vec<String> {
    let function = Function {
        name: w.name,
        about: w.summary.to_owned(),
        memory: WORKER_MEMORY,
        timeout: w.timeout,
        needs: &w.needs(),
        events: events(w),
    };
    function.resources(roles)
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
