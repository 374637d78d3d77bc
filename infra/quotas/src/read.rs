//! A template as far as quotas go: how many resources SAM makes of it, and how long policies and texts come to be.

use serde_yaml_ng::{Mapping, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of what stands for itself until it is deployed, at their longest: `ap-southeast-1`, an account, an environment's name.
const REGION: u64 = 14;
const ACCOUNT: u64 = 12;
const ENVIRONMENT: u64 = 8;
/// What the values of parameters may have more than their defaults: regions and environments are longer than those of this machine.
const SLACK: u64 = 8;
/// What is reckoned where nothing is known, and for parameters that are empty by default.
const UNKNOWN: u64 = 128;
/// The longest name that CloudFormation gives a role.
const NAME: u64 = 64;

/// A template.
pub(crate) struct Template {
    /// Its path.
    pub(crate) name: String,
    /// Its length in bytes.
    pub(crate) bytes: u64,
    body: Value,
}

/// A resource of a template.
pub(crate) struct Resource<'t> {
    /// Its logical id.
    pub(crate) id: &'t str,
    /// Its type.
    pub(crate) kind: &'t str,
    properties: Option<&'t Value>,
    template: &'t Template,
}

fn entries(mapping: Option<&Mapping>) -> impl Iterator<Item = (&str, &Value)> {
    let entries = mapping.into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// Characters without white space, which IAM does not count.
fn characters(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_whitespace()).count() as u64
}

impl Template {
    /// Reads a template.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            bytes: text.len() as u64,
            body: serde_yaml_ng::from_str(text).map_err(|e| format!("{name}: {e}"))?,
        })
    }

    fn section(&self, name: &str) -> Option<&Mapping> {
        self.body.get(name)?.as_mapping()
    }

    /// How many entries a section has.
    pub(crate) fn count(&self, section: &str) -> u64 {
        self.section(section).map_or(0, Mapping::len) as u64
    }

    /// The length of its description.
    pub(crate) fn about(&self) -> u64 {
        self.body
            .get("Description")
            .and_then(Value::as_str)
            .map_or(0, str::len) as u64
    }

    /// The lengths of its parameters' defaults.
    pub(crate) fn defaults(&self) -> impl Iterator<Item = (&str, u64)> {
        entries(self.section("Parameters")).filter_map(|(name, about)| {
            let default = about.get("Default")?.as_str()?;
            Some((name, default.len() as u64))
        })
    }

    /// Its resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        entries(self.section("Resources")).filter_map(|(id, body)| {
            Some(Resource {
                id,
                kind: body.get("Type")?.as_str()?,
                properties: body.get("Properties"),
                template: self,
            })
        })
    }

    fn resource(&self, id: &str) -> Option<Resource<'_>> {
        self.resources().find(|r| r.id == id)
    }

    fn global(&self, name: &str) -> Option<&Value> {
        self.body.get("Globals")?.get("Function")?.get(name)
    }

    /// The templates that it nests.
    pub(crate) fn nests(&self) -> Vec<String> {
        let nested = self
            .resources()
            .filter(|r| r.kind == "AWS::Serverless::Application");
        nested
            .filter_map(|r| Some(r.get("Location")?.as_str()?.to_owned()))
            .collect()
    }

    /// What SAM makes of its resources, by type. `infra/guard/check.py` compares the sums with those of SAM itself.
    pub(crate) fn expanded(&self) -> BTreeMap<&str, u64> {
        let mut out: BTreeMap<&str, u64> = BTreeMap::new();
        let mut add = |kind| *out.entry(kind).or_default() += 1;
        let (mut functions, mut taken_back) = (false, self.global("DeploymentPreference").is_some());
        for resource in self.resources() {
            match resource.kind {
                "AWS::Serverless::Api" => {
                    add("AWS::ApiGateway::RestApi");
                    add("AWS::ApiGateway::Deployment");
                    add("AWS::ApiGateway::Stage");
                }
                "AWS::Serverless::Application" => add("AWS::CloudFormation::Stack"),
                "AWS::Serverless::Function" => {
                    functions = true;
                    let preference = resource.get("DeploymentPreference").is_some();
                    let gradual = preference || self.global("DeploymentPreference").is_some();
                    taken_back |= preference;
                    add("AWS::Lambda::Function");
                    if resource.or_global("AutoPublishAlias").is_some() {
                        add("AWS::Lambda::Version");
                        add("AWS::Lambda::Alias");
                    }
                    if gradual {
                        add("AWS::CodeDeploy::DeploymentGroup");
                    }
                    if resource.or_global("Role").is_none() {
                        add("AWS::IAM::Role");
                    }
                    for (_, event) in resource.events() {
                        match event.get("Type").and_then(Value::as_str) {
                            Some("Schedule") => {
                                add("AWS::Events::Rule");
                                add("AWS::Lambda::Permission");
                            }
                            Some("DynamoDB" | "SQS") => add("AWS::Lambda::EventSourceMapping"),
                            _ => add("AWS::Lambda::Permission"),
                        }
                    }
                }
                kind => add(kind),
            }
        }
        if functions && taken_back {
            // One for all functions of a stack, and the role with which it moves traffic.
            add("AWS::CodeDeploy::Application");
            add("AWS::IAM::Role");
        }
        out
    }

    /// The resources of its API: every part of a path, the root too.
    pub(crate) fn api_resources(&self) -> u64 {
        let mut nodes = BTreeSet::from([String::new()]);
        for path in self.resources().flat_map(|r| r.paths()) {
            let mut node = String::new();
            for part in path.split('/').filter(|p| !p.is_empty()) {
                node = format!("{node}/{part}");
                nodes.insert(node.clone());
            }
        }
        nodes.len() as u64
    }

    /// The streams that its functions read, and the functions.
    pub(crate) fn streams(&self) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for resource in self.resources().filter(|r| r.kind == "AWS::Serverless::Function") {
            for (_, event) in resource.events() {
                let stream = event.get("Properties").and_then(|p| p.get("Stream"));
                if let Some(Value::Tagged(stream)) = stream {
                    let name = stream.value.as_str().unwrap_or_default();
                    out.push((name.to_owned(), resource.id.to_owned()));
                }
            }
        }
        out
    }

    /// How many routing rules each domain has.
    pub(crate) fn rules(&self) -> BTreeMap<String, u64> {
        let mut out = BTreeMap::new();
        for rule in self
            .resources()
            .filter(|r| r.kind == "AWS::ApiGatewayV2::RoutingRule")
        {
            let domain = match rule.get("DomainNameArn") {
                Some(Value::Tagged(t)) => t.value.as_str().unwrap_or_default().to_owned(),
                other => other.and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            *out.entry(domain).or_default() += 1;
        }
        out
    }

    /// The characters of a value as JSON, without white space, and with a comma behind the last of a list; what is not known yet at
    /// its longest.
    fn length(&self, value: &Value) -> u64 {
        match value {
            Value::Null => 4,
            Value::Bool(flag) => flag.to_string().len() as u64,
            Value::Number(number) => number.to_string().len() as u64,
            Value::String(text) => characters(text).saturating_add(2),
            Value::Sequence(list) => list.iter().map(|v| self.length(v) + 1).sum::<u64>() + 2,
            Value::Mapping(map) => {
                let member = |(name, v): (&str, &Value)| name.len() as u64 + 4 + self.length(v);
                entries(Some(map)).map(member).sum::<u64>() + 2
            }
            Value::Tagged(_) => self.text(value).saturating_add(2),
        }
    }

    /// The characters of a text.
    fn text(&self, value: &Value) -> u64 {
        let Value::Tagged(tagged) = value else {
            return match value {
                Value::String(text) => characters(text),
                other => self.length(other),
            };
        };
        let (tag, value) = (tagged.tag.to_string(), &tagged.value);
        let longest = |list: &Value| {
            let members = list.as_sequence().into_iter().flatten();
            members.map(|v| self.text(v)).max().unwrap_or(UNKNOWN)
        };
        match (tag.trim_start_matches('!'), value) {
            ("Ref", Value::String(name)) => self.reference(name),
            ("GetAtt", Value::String(path)) => self.attribute(path),
            ("Sub", Value::String(text)) => self.substituted(text),
            ("If", Value::Sequence(parts)) => parts.iter().skip(1).map(|v| self.text(v)).max().unwrap_or(0),
            ("Join", Value::Sequence(parts)) => parts.iter().map(|v| self.length(v)).sum(),
            ("Split", Value::Sequence(parts)) => parts.last().map_or(UNKNOWN, |v| self.text(v)) + 2,
            ("Select", Value::Sequence(parts)) => parts.last().map_or(UNKNOWN, longest),
            _ => UNKNOWN,
        }
    }

    fn substituted(&self, text: &str) -> u64 {
        let (mut count, mut rest) = (0, text);
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            count += characters(before);
            count += match name.strip_prefix('!') {
                Some(literal) => literal.len() as u64 + 3,
                None if name.contains('.') => self.attribute(name),
                None => self.reference(name),
            };
            rest = after;
        }
        count + characters(rest)
    }

    fn reference(&self, name: &str) -> u64 {
        match name {
            "AWS::Region" => REGION,
            "AWS::AccountId" => ACCOUNT,
            "AWS::Partition" => 3,
            "AWS::URLSuffix" => 13,
            "AWS::NoValue" => 0,
            "Environment" => ENVIRONMENT,
            _ => {
                let parameter = self.section("Parameters").and_then(|p| p.get(name));
                let default = parameter.and_then(|p| p.get("Default")).and_then(Value::as_str);
                match default {
                    Some(text) if !text.is_empty() => characters(text).saturating_add(SLACK),
                    _ => UNKNOWN,
                }
            }
        }
    }

    fn attribute(&self, path: &str) -> u64 {
        let (id, _) = path.split_once('.').unwrap_or((path, ""));
        let Some(resource) = self.resource(id) else {
            return UNKNOWN;
        };
        let arn = |fixed: &str| fixed.len() as u64 + REGION + ACCOUNT;
        match resource.kind {
            "AWS::Logs::LogGroup" => {
                arn("arn:aws:logs:::log-group::*") + resource.length("LogGroupName").unwrap_or(UNKNOWN)
            }
            "AWS::IAM::Role" => {
                arn("arn:aws:iam:::role/") + NAME + resource.length("Path").unwrap_or_default()
            }
            _ => UNKNOWN,
        }
    }
}

impl<'t> Resource<'t> {
    pub(crate) fn get(&self, name: &str) -> Option<&'t Value> {
        self.properties?.get(name)
    }

    fn or_global(&self, name: &str) -> Option<&'t Value> {
        self.get(name).or_else(|| self.template.global(name))
    }

    /// The characters that a property comes to: of a text, or of a document as JSON.
    pub(crate) fn length(&self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        Some(match value {
            Value::Mapping(_) | Value::Sequence(_) => self.template.length(value),
            text => self.template.text(text),
        })
    }

    /// The characters of a text within a property.
    pub(crate) fn within(&self, name: &str, member: &str) -> Option<u64> {
        Some(self.template.text(self.get(name)?.get(member)?))
    }

    /// How many members a list has.
    pub(crate) fn items(&self, name: &str) -> Option<u64> {
        let list = |value: &Value| value.as_sequence().map(|list| list.len() as u64);
        match self.get(name)? {
            Value::Tagged(chosen) if chosen.tag == "If" => {
                chosen.value.as_sequence()?.iter().filter_map(list).max()
            }
            value => list(value),
        }
    }

    /// The characters of the largest member of a property.
    pub(crate) fn largest(&self, name: &str) -> Option<u64> {
        let members = entries(self.get(name)?.as_mapping());
        members.map(|(_, value)| self.template.length(value)).max()
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// A whole number, its own or that of all functions.
    pub(crate) fn setting(&self, name: &str) -> Option<u64> {
        self.or_global(name)?.as_u64()
    }

    /// The characters of all policies that stand in a role.
    pub(crate) fn inline_policies(&self) -> u64 {
        let policies = self.get("Policies").and_then(Value::as_sequence);
        let documents = policies
            .into_iter()
            .flatten()
            .filter_map(|p| p.get("PolicyDocument"));
        documents.map(|d| self.template.length(d)).sum()
    }

    /// How often its policies name a list that a parameter holds.
    pub(crate) fn lists(&self, parameter: &str) -> u64 {
        fn count(value: &Value, parameter: &str) -> u64 {
            match value {
                Value::Sequence(list) => list.iter().map(|v| count(v, parameter)).sum(),
                Value::Mapping(map) => map.values().map(|v| count(v, parameter)).sum(),
                Value::Tagged(t) if t.tag == "Ref" => u64::from(t.value.as_str() == Some(parameter)),
                Value::Tagged(t) => count(&t.value, parameter),
                _ => 0,
            }
        }
        self.get("Policies")
            .map_or(0, |policies| count(policies, parameter))
    }

    fn events(&self) -> impl Iterator<Item = (&'t str, &'t Value)> {
        entries(self.get("Events").and_then(Value::as_mapping))
    }

    fn paths(&self) -> Vec<&'t str> {
        let path = |(_, event): (&'t str, &'t Value)| event.get("Properties")?.get("Path")?.as_str();
        self.events().filter_map(path).collect()
    }

    /// Whether the gateway calls it.
    pub(crate) fn is_called(&self) -> bool {
        !self.paths().is_empty()
    }

    /// The bytes of its environment variables: names and values.
    pub(crate) fn variables(&self) -> u64 {
        let of = |environment: Option<&Value>| -> u64 {
            let variables = environment
                .and_then(|e| e.get("Variables"))
                .and_then(Value::as_mapping);
            let one = |(name, value): (&str, &Value)| name.len() as u64 + self.template.text(value);
            entries(variables).map(one).sum()
        };
        of(self.template.global("Environment")) + of(self.get("Environment"))
    }

    /// How many metrics each widget of a dashboard shows.
    pub(crate) fn widgets(&self) -> Vec<u64> {
        let body = match self.get("DashboardBody") {
            Some(Value::Tagged(text)) => text.value.as_str(),
            other => other.and_then(Value::as_str),
        };
        // Parameters stand within texts, so it is JSON before they are replaced, too.
        let body: serde_json::Value = serde_json::from_str(body.unwrap_or_default()).unwrap_or_default();
        let widgets = body.get("widgets").and_then(serde_json::Value::as_array);
        let metrics = |widget: &serde_json::Value| {
            let metrics = widget
                .pointer("/properties/metrics")
                .and_then(serde_json::Value::as_array);
            metrics.map_or(0, Vec::len) as u64
        };
        widgets.into_iter().flatten().map(metrics).collect()
    }
}
