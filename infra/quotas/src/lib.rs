//! What AWS allows of one stack, role, API, function, and what the generated stacks come to, after SAM has expanded them. What is beyond
//! a limit is not written. `infra/stacks/quotas.json` has the counts, and what an environment needs of its account: `make deploy` asks AWS for
//! those first.

mod account;
mod read;
#[cfg(test)]
mod tests;

use read::Template;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Versions of a function that stay, those that an alias names beside them.
const VERSIONS: u64 = 3;

/// A limit of AWS, or of the house where that is narrower.
#[derive(Debug, PartialEq, Eq)]
struct Limit {
    /// The service whose limit it is.
    service: &'static str,
    /// The quota as the service's documentation names it.
    quota: &'static str,
    /// What AWS allows, by default where it can be raised.
    aws: u64,
    /// What is left free for what the generator cannot see, or for growth.
    house: Option<u64>,
    /// What to do beyond it.
    todo: &'static str,
}

impl Limit {
    const fn new(service: &'static str, quota: &'static str, aws: u64, todo: &'static str) -> Self {
        Self {
            service,
            quota,
            aws,
            house: None,
            todo,
        }
    }

    const fn house(mut self, most: u64) -> Self {
        self.house = Some(most);
        self
    }

    fn most(&self) -> u64 {
        self.house.unwrap_or(self.aws).min(self.aws)
    }
}

const SPLIT: &str = "split nouns off it (PARTS in split.rs)";
const NARROW: &str = "join statements (role.rs), or split the function";
const SHORTEN: &str = "shorten it";

const RESOURCES: Limit = Limit::new("CloudFormation", "Resources per template", 500, SPLIT).house(400);
/// Templates go over S3 (`resolve_s3`); what stands in a request itself may have 51,200 bytes.
const BODY: Limit = Limit::new(
    "CloudFormation",
    "Template body size in an S3 object, bytes",
    1_048_576,
    SPLIT,
)
.house(900_000);
const PARAMETERS: Limit = Limit::new("CloudFormation", "Parameters per template", 200, SPLIT);
const OUTPUTS: Limit = Limit::new("CloudFormation", "Outputs per template", 200, SPLIT);
const LOGICAL_ID: Limit = Limit::new("CloudFormation", "Resource name, characters", 255, SHORTEN);
const ABOUT: Limit = Limit::new(
    "CloudFormation",
    "Template description size, bytes",
    1_024,
    SHORTEN,
);
const VALUE: Limit = Limit::new("CloudFormation", "Parameter value size, bytes", 4_096, SHORTEN);
/// The names of accounts, regions and keys are reckoned at their longest; keys that tenants bring are counted once.
const INLINE: Limit = Limit::new("IAM", "Role inline policy size, characters", 10_240, NARROW).house(9_216);
const MANAGED: Limit = Limit::new(
    "IAM",
    "Managed policy size, characters",
    6_144,
    "make it two policies",
);
const TRUST: Limit = Limit::new(
    "IAM",
    "Role trust policy length, characters",
    2_048,
    "let fewer assume it, or make two roles",
);
const ATTACHED: Limit = Limit::new("IAM", "Managed policies attached to a role", 10, "join policies");
const ROLE_NAME: Limit = Limit::new("IAM", "Role name, characters", 64, SHORTEN);
const ROLE_PATH: Limit = Limit::new("IAM", "Path, characters", 512, SHORTEN);
const ROLE_ABOUT: Limit = Limit::new(
    "IAM",
    "Role description, characters",
    1_000,
    "let fewer functions share it (MOST in sharing.rs)",
);
const API_RESOURCES: Limit = Limit::new("API Gateway", "Resources per API", 300, SPLIT);
const RULES: Limit = Limit::new(
    "API Gateway",
    "Routing rules per domain name",
    50,
    "split off fewer nouns, or give services paths of their own",
);
const MODEL: Limit = Limit::new(
    "API Gateway",
    "Model size, bytes",
    409_600,
    "let the gateway check less of the body (model.rs)",
);
const ACCESS_LOG: Limit = Limit::new("API Gateway", "Access log template size, bytes", 3_072, SHORTEN);
const INTEGRATION: Limit = Limit::new(
    "API Gateway",
    "Integration timeout, seconds",
    29,
    "answer 202 and finish in a worker",
);
const VARIABLES: Limit = Limit::new(
    "Lambda",
    "Environment variables, bytes",
    4_096,
    "let it need less",
)
.house(3_584);
const LAYERS: Limit = Limit::new("Lambda", "Function layers", 5, "join layers");
const TIMEOUT: Limit = Limit::new("Lambda", "Function timeout, seconds", 900, "do less in a run");
const MEMORY: Limit = Limit::new("Lambda", "Function memory, MB", 10_240, "ask for less");
const FUNCTION_NAME: Limit = Limit::new("Lambda", "Function name, characters", 64, SHORTEN);
const FUNCTION_ABOUT: Limit = Limit::new("Lambda", "Function description, characters", 256, SHORTEN);
/// More than one reader of a stream of a global table slows replication down (DynamoDB: "no more than one process").
const READERS: Limit = Limit::new(
    "DynamoDB",
    "Readers of a global table's stream",
    2,
    "pass records on over a queue",
)
.house(1);
/// For the few that have a second one: a third would be throttled.
const SECOND_READERS: Limit = Limit::new(
    "DynamoDB",
    "Readers of a stream that has two",
    2,
    "pass records on over a queue",
);
/// Streams with a second reader, each with its reason. No other gets one; `infra/decisions/0031-quotas.md` says what becomes of these.
const SECOND: [(&str, &str); 3] = [
    (
        "StreamAlerts",
        "alerts go out as events and are mailed by another service",
    ),
    (
        "StreamAudit",
        "alerting must not depend on the sealer, nor the sealer on alerting",
    ),
    (
        "StreamIdentity",
        "mail is sent by its own function; users and roles go out as events",
    ),
];
const INDEXES: Limit = Limit::new(
    "DynamoDB",
    "Global secondary indexes per table",
    20,
    "list by an index that there is",
);
const TARGETS: Limit = Limit::new("EventBridge", "Targets per rule", 5, "make two rules");
const QUEUE_NAME: Limit = Limit::new("SQS", "Queue name, characters", 80, SHORTEN);
const VISIBILITY: Limit = Limit::new(
    "SQS",
    "Message visibility timeout, seconds",
    43_200,
    "give the worker less time",
);
const RETENTION: Limit = Limit::new(
    "SQS",
    "Message retention, seconds",
    1_209_600,
    "keep messages for fourteen days at most",
);
const ALARM_METRICS: Limit = Limit::new(
    "CloudWatch",
    "Metrics in an alarm's expression",
    10,
    "make two alarms",
);
const ALARM_ABOUT: Limit = Limit::new("CloudWatch", "Alarm description, characters", 1_024, SHORTEN);
const ALARM_NAME: Limit = Limit::new("CloudWatch", "Alarm name, characters", 255, SHORTEN);
const WIDGETS: Limit = Limit::new("CloudWatch", "Widgets per dashboard", 500, "make two dashboards");
const WIDGET_METRICS: Limit = Limit::new("CloudWatch", "Metrics per widget", 500, "make two widgets");
const DASHBOARD_METRICS: Limit = Limit::new(
    "CloudWatch",
    "Metrics per dashboard",
    2_500,
    "make two dashboards",
);
const LOG_GROUP: Limit = Limit::new("CloudWatch Logs", "Log group name, characters", 512, SHORTEN);
const KEY_POLICY: Limit = Limit::new(
    "KMS",
    "Key policy document size, bytes",
    32_768,
    "join statements",
);

/// A count that has a limit.
struct Measure {
    limit: &'static Limit,
    /// The file.
    stack: String,
    /// What in it; empty for all of it.
    of: String,
    count: u64,
}

impl Measure {
    /// What is wrong with it, if it is beyond its limit.
    fn wrong(&self) -> Option<String> {
        let limit = self.limit;
        (self.count > limit.most()).then(|| {
            let house = limit
                .house
                .map(|most| format!(", of which we use {most}"))
                .unwrap_or_default();
            let of = if self.of.is_empty() {
                String::new()
            } else {
                format!(" {}:", self.of)
            };
            format!(
                "{}:{of} {} is {}, and {} allows {}{house}: {}",
                self.stack, limit.quota, self.count, limit.service, limit.aws, limit.todo
            )
        })
    }
}

/// The templates among the generated files.
fn templates(files: &BTreeMap<String, String>) -> Result<Vec<Template>, String> {
    let templates = files.iter().filter(|(name, _)| name.ends_with(".yaml"));
    templates.map(|(name, text)| Template::read(name, text)).collect()
}

/// `infra/stacks/quotas.json`: a line each stack, and a line each quota of the account that an environment needs something of.
///
/// # Errors
/// A line for each count that is beyond its limit: stack, count, limit, and what to do.
pub fn file(files: &BTreeMap<String, String>, placed: &[Placed]) -> Result<String, String> {
    let templates = templates(files)?;
    let measures: Vec<Measure> = templates
        .iter()
        .flat_map(measures)
        .chain(readers(&templates))
        .collect();
    let wrong: Vec<String> = measures.iter().filter_map(Measure::wrong).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let keys = tenant_keys(&templates);
    let mut out = format!("{{\n\"versions\": {VERSIONS},\n\"tenant_keys\": {keys},\n\"stacks\": {{\n");
    let lines: Vec<String> = templates.iter().map(|t| line(t, &measures)).collect();
    let _ = write!(out, "{}\n}},\n\"needs\": [\n", lines.join(",\n"));
    let needs: Vec<String> = account::needs(&templates, placed)?
        .iter()
        .map(Json::to_string)
        .collect();
    let _ = write!(out, "{}\n]\n}}\n", needs.join(",\n"));
    Ok(out)
}

/// How many KMS keys tenants may bring until the role that names them most often has no room for another, or the parameter has none.
fn tenant_keys(templates: &[Template]) -> u64 {
    let key = "arn:aws:kms:ap-southeast-1:000000000000:key/mrk-00000000000000000000000000000000".len() as u64;
    let roles = templates
        .iter()
        .flat_map(Template::resources)
        .filter(|r| r.kind == "AWS::IAM::Role");
    let room = |role: read::Resource<'_>| {
        // Each further one stands in quotes, behind a comma.
        let each = role.lists("TenantKeys").saturating_mul(key + 3);
        let left = INLINE.aws.saturating_sub(role.inline_policies());
        Some(left.checked_div(each)?.saturating_add(1))
    };
    let parameter = VALUE.aws / (key + 1);
    roles.filter_map(room).min().unwrap_or(parameter).min(parameter)
}

/// The counts of a stack that come nearest to their limits.
fn line(template: &Template, measures: &[Measure]) -> String {
    let most = |limit: &Limit| {
        let own = measures
            .iter()
            .filter(|m| m.stack == template.name && m.limit == limit);
        own.map(|m| m.count).max().unwrap_or_default()
    };
    let counts = json!({
        "resources": most(&RESOURCES), "bytes": most(&BODY), "parameters": most(&PARAMETERS), "outputs": most(&OUTPUTS),
        "policy": most(&INLINE), "paths": most(&API_RESOURCES),
    });
    format!("{}: {counts}", json!(template.name))
}

/// A root stack of an environment.
#[derive(Debug)]
pub struct Placed {
    /// Its name.
    pub environment: &'static str,
    /// Where it stands.
    pub region: &'static str,
    /// The template's file, below the repository.
    pub template: String,
}

/// Who reads each table's stream, over all stacks.
fn readers(templates: &[Template]) -> Vec<Measure> {
    let mut readers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for template in templates {
        for (stream, function) in template.streams() {
            readers.entry(stream).or_default().push(function);
        }
    }
    let measure = |(stream, functions): (String, Vec<String>)| Measure {
        limit: match SECOND.iter().any(|(name, _)| *name == stream) {
            true => &SECOND_READERS,
            false => &READERS,
        },
        stack: "template.yaml".to_owned(),
        of: format!("{stream} ({})", functions.join(", ")),
        count: functions.len() as u64,
    };
    readers.into_iter().map(measure).collect()
}

/// Everything of a stack that has a limit.
fn measures(template: &Template) -> Vec<Measure> {
    let mut out = Vec::new();
    let mut add = |limit: &'static Limit, of: &str, count: u64| {
        out.push(Measure {
            limit,
            stack: template.name.clone(),
            of: of.to_owned(),
            count,
        });
    };
    add(&RESOURCES, "", template.expanded().values().sum());
    add(&BODY, "", template.bytes);
    add(&PARAMETERS, "", template.count("Parameters"));
    add(&OUTPUTS, "", template.count("Outputs"));
    add(&ABOUT, "", template.about());
    for (name, value) in template.defaults() {
        add(&VALUE, name, value);
    }
    for (stage, rules) in template.rules() {
        add(&RULES, &stage, rules);
    }
    for resource in template.resources() {
        let id = resource.id;
        let mut own = |limit: &'static Limit, count: Option<u64>| {
            if let Some(count) = count {
                add(limit, id, count);
            }
        };
        own(&LOGICAL_ID, Some(id.len() as u64));
        match resource.kind {
            "AWS::IAM::Role" => {
                own(&INLINE, Some(resource.inline_policies()));
                own(&TRUST, resource.length("AssumeRolePolicyDocument"));
                own(&ATTACHED, resource.items("ManagedPolicyArns"));
                own(&ROLE_NAME, resource.length("RoleName"));
                own(&ROLE_PATH, resource.length("Path"));
                own(&ROLE_ABOUT, resource.length("Description"));
            }
            "AWS::IAM::ManagedPolicy" => own(&MANAGED, resource.length("PolicyDocument")),
            "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => own(&KEY_POLICY, resource.length("KeyPolicy")),
            "AWS::Serverless::Api" => {
                own(&API_RESOURCES, Some(template.api_resources()));
                own(&MODEL, resource.largest("Models"));
                own(&ACCESS_LOG, resource.within("AccessLogSetting", "Format"));
            }
            "AWS::Serverless::Function" => {
                own(&FUNCTION_NAME, resource.length("FunctionName"));
                own(&FUNCTION_ABOUT, resource.length("Description"));
                own(&MEMORY, resource.setting("MemorySize"));
                own(&LAYERS, resource.items("Layers"));
                own(&VARIABLES, Some(resource.variables()));
                let timeout = resource.setting("Timeout");
                own(&TIMEOUT, timeout);
                own(&INTEGRATION, timeout.filter(|_| resource.is_called()));
            }
            "AWS::DynamoDB::GlobalTable" => own(&INDEXES, resource.items("GlobalSecondaryIndexes")),
            "AWS::Events::Rule" => own(&TARGETS, resource.items("Targets")),
            "AWS::SQS::Queue" => {
                own(&QUEUE_NAME, resource.length("QueueName"));
                own(&VISIBILITY, resource.number("VisibilityTimeout"));
                own(&RETENTION, resource.number("MessageRetentionPeriod"));
            }
            "AWS::CloudWatch::Alarm" => {
                // The expression itself stands among them.
                own(
                    &ALARM_METRICS,
                    resource.items("Metrics").map(|n| n.saturating_sub(1)),
                );
                own(&ALARM_ABOUT, resource.length("AlarmDescription"));
                own(&ALARM_NAME, resource.length("AlarmName"));
            }
            "AWS::CloudWatch::Dashboard" => {
                let widgets = resource.widgets();
                own(&WIDGETS, Some(widgets.len() as u64));
                own(&WIDGET_METRICS, widgets.iter().copied().max());
                own(&DASHBOARD_METRICS, Some(widgets.iter().sum()));
            }
            "AWS::Logs::LogGroup" => own(&LOG_GROUP, resource.length("LogGroupName")),
            _ => {}
        }
    }
    out
}
