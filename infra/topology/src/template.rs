//! One template, with what its parent gave it: values of parameters, references and outputs.

use names::{ACCOUNT, REGION};
use serde_yaml_ng::{Mapping, Value};
use std::collections::BTreeMap;

/// Gives a file's text by its path, `None` when there is none.
pub(super) type Files<'a> = &'a dyn Fn(&str) -> Result<Option<String>, String>;

/// Stacks do not nest deeper, and references do not chain longer.
const DEPTH: usize = 8;

/// A template.
pub(super) struct Template<'a> {
    files: Files<'a>,
    /// Its path.
    pub(super) name: String,
    text: String,
    body: Value,
    parameters: BTreeMap<String, String>,
}

/// A resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'t> {
    /// Its logical id.
    pub(super) id: &'t str,
    /// Its type.
    pub(super) kind: &'t str,
    properties: Option<&'t Value>,
}

impl<'t> Resource<'t> {
    /// A property.
    pub(super) fn get(&self, name: &str) -> Option<&'t Value> {
        self.properties?.get(name)
    }
}

impl<'a> Template<'a> {
    /// Reads a template and gives its parameters their values: the arguments, or their defaults.
    pub(super) fn load(
        files: Files<'a>,
        name: &str,
        arguments: BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let text = files(name)?.ok_or_else(|| format!("{name}: there is no such file"))?;
        let body: Value = serde_yaml_ng::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
        let mut template = Self {
            files,
            name: name.to_owned(),
            text,
            body,
            parameters: BTreeMap::new(),
        };
        let known = |a: &&String| {
            template
                .section("Parameters")
                .is_some_and(|p| p.contains_key(a.as_str()))
        };
        if let Some(unknown) = arguments.keys().find(|a| !known(a)) {
            return Err(format!("{name}: has no parameter {unknown}"));
        }
        let mut parameters = arguments;
        for (name, parameter) in entries(template.section("Parameters")) {
            if !parameters.contains_key(name)
                && let Some(default) = parameter.get("Default").and_then(scalar)
            {
                parameters.insert(name.to_owned(), default);
            }
        }
        template.parameters = parameters;
        Ok(template)
    }

    fn section(&self, name: &str) -> Option<&Mapping> {
        self.body.get(name).and_then(Value::as_mapping)
    }

    /// A default of all functions.
    pub(super) fn global(&self, name: &str) -> Option<&Value> {
        self.body.get("Globals")?.get("Function")?.get(name)
    }

    /// Its resources, in order.
    pub(super) fn resources(&self) -> Result<Vec<Resource<'_>>, String> {
        let section = self
            .section("Resources")
            .ok_or_else(|| format!("{}: has no resources", self.name))?;
        entries(Some(section))
            .map(|(id, body)| {
                let kind = body
                    .get("Type")
                    .and_then(Value::as_str)
                    .ok_or_else(|| self.wrong(id, "has no type"))?;
                Ok(Resource {
                    id,
                    kind,
                    properties: body.get("Properties"),
                })
            })
            .collect()
    }

    fn resource(&self, id: &str) -> Result<Option<Resource<'_>>, String> {
        Ok(self.resources()?.into_iter().find(|r| r.id == id))
    }

    /// An error about a resource: file, line, resource, what is wrong.
    pub(super) fn wrong(&self, id: &str, what: &str) -> String {
        let key = format!("  {id}:");
        match self.text.lines().position(|l| l.trim_end() == key) {
            Some(at) => format!("{}:{}: {id} {what}", self.name, at.saturating_add(1)),
            None => format!("{}: {id} {what}", self.name),
        }
    }

    /// A property's value.
    pub(super) fn text(&self, resource: Resource<'_>, name: &str) -> Result<String, String> {
        let value = resource
            .get(name)
            .ok_or_else(|| self.wrong(resource.id, &format!("has no {name}")))?;
        self.value(resource, name, value)
    }

    /// The value of something that stands in a property.
    pub(super) fn value(&self, resource: Resource<'_>, name: &str, value: &Value) -> Result<String, String> {
        self.resolve(value, 0)
            .map_err(|why| self.wrong(resource.id, &format!("{name}: {why}")))
    }

    /// A whole structure that stands in a property, every value in it resolved.
    pub(super) fn json(&self, resource: Resource<'_>, value: &Value) -> Result<serde_json::Value, String> {
        match value {
            Value::Sequence(list) => {
                let list: Result<_, _> = list.iter().map(|v| self.json(resource, v)).collect();
                list.map(serde_json::Value::Array)
            }
            Value::Mapping(map) => {
                let members: Result<_, String> = entries(Some(map))
                    .map(|(name, v)| Ok((name.to_owned(), self.json(resource, v)?)))
                    .collect();
                members.map(serde_json::Value::Object)
            }
            Value::Tagged(tagged) if tagged.tag == "Split" => {
                let Some([Value::String(between), whole]) = tagged.value.as_sequence().map(Vec::as_slice)
                else {
                    return Err(self.wrong(resource.id, "has a !Split without a separator and a value"));
                };
                let whole = self.value(resource, "value", whole)?;
                Ok(whole
                    .split(between.as_str())
                    .map(serde_json::Value::from)
                    .collect())
            }
            single => self
                .value(resource, "value", single)
                .map(serde_json::Value::String),
        }
    }

    /// The ARN of a role or managed policy of this template.
    pub(super) fn arn(&self, resource: Resource<'_>) -> Result<String, String> {
        match resource.kind {
            "AWS::IAM::Role" => self.attribute(&format!("{}.Arn", resource.id), 0),
            _ => self.reference(resource.id, 0),
        }
    }

    /// A whole number that stands in a property.
    pub(super) fn number(&self, resource: Resource<'_>, name: &str, value: &Value) -> Result<u32, String> {
        let text = self.value(resource, name, value)?;
        text.parse()
            .map_err(|_| self.wrong(resource.id, &format!("{name}: {text} is not a whole number")))
    }

    /// The stack that an application nests.
    pub(super) fn nested(&self, resource: Resource<'_>) -> Result<Self, String> {
        self.child(resource, 0)
    }

    fn child(&self, resource: Resource<'_>, depth: usize) -> Result<Self, String> {
        let location = self.text(resource, "Location")?;
        let mut arguments = BTreeMap::new();
        for (name, value) in entries(resource.get("Parameters").and_then(Value::as_mapping)) {
            let value = self
                .resolve(value, depth)
                .map_err(|why| self.wrong(resource.id, &format!("{name}: {why}")))?;
            arguments.insert(name.to_owned(), value);
        }
        Self::load(self.files, &location, arguments)
    }

    /// What a value comes to, as far as that can be known before it is deployed.
    fn resolve(&self, value: &Value, depth: usize) -> Result<String, String> {
        if depth > DEPTH {
            return Err("refers to itself".into());
        }
        if let Some(text) = scalar(value) {
            return Ok(text);
        }
        let Value::Tagged(tagged) = value else {
            return Err("is not a single value".into());
        };
        let (tag, value) = (tagged.tag.to_string(), &tagged.value);
        match (tag.trim_start_matches('!'), value) {
            ("Ref", Value::String(name)) => self.reference(name, depth),
            ("GetAtt", Value::String(path)) => self.attribute(path, depth),
            ("Sub", Value::String(text)) => self.substitute(text, depth),
            ("Join", Value::Sequence(parts)) => match parts.as_slice() {
                [Value::String(between), Value::Sequence(parts)] => {
                    let parts: Result<Vec<_>, _> = parts.iter().map(|p| self.resolve(p, depth + 1)).collect();
                    Ok(parts?.join(between))
                }
                _ => Err("!Join wants a separator and a list".into()),
            },
            (tag, _) => Err(format!("!{tag} cannot be read here")),
        }
    }

    fn substitute(&self, text: &str, depth: usize) -> Result<String, String> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("!Sub without an end")?;
            out.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => out.push_str(&format!("${{{literal}}}")),
                None if name.contains('.') => out.push_str(&self.attribute(name, depth + 1)?),
                None => out.push_str(&self.reference(name, depth + 1)?),
            }
            rest = after;
        }
        Ok(out + rest)
    }

    fn reference(&self, name: &str, depth: usize) -> Result<String, String> {
        let known = match name {
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => self.parameters.get(name).map(String::as_str),
        };
        if let Some(known) = known {
            return Ok(known.to_owned());
        }
        let resource = self
            .resource(name)?
            .ok_or_else(|| format!("there is no {name}, or it has no value"))?;
        match resource.kind {
            "AWS::SQS::Queue" => {
                let queue = self.physical(resource, "QueueName", depth)?;
                Ok(format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"))
            }
            "AWS::SNS::Topic" => {
                let topic = self.physical(resource, "TopicName", depth)?;
                Ok(format!("arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"))
            }
            "AWS::DynamoDB::GlobalTable" => self.physical(resource, "TableName", depth),
            // IAM makes the name of it; its id stands for that here.
            "AWS::IAM::ManagedPolicy" => Ok(format!("arn:aws:iam::{ACCOUNT}:policy/{name}")),
            kind => Err(format!("a {kind} has no name before it is deployed")),
        }
    }

    fn attribute(&self, path: &str, depth: usize) -> Result<String, String> {
        let (id, attribute) = path.split_once('.').ok_or("!GetAtt without an attribute")?;
        let resource = self.resource(id)?.ok_or_else(|| format!("there is no {id}"))?;
        match (resource.kind, attribute.split_once('.')) {
            ("AWS::Serverless::Application", Some(("Outputs", output))) => {
                let child = self.child(resource, depth + 1)?;
                let value = child
                    .section("Outputs")
                    .and_then(|o| o.get(output))
                    .and_then(|o| o.get("Value"));
                let value = value.ok_or_else(|| format!("{} puts out no {output}", child.name))?;
                child
                    .resolve(value, depth + 1)
                    .map_err(|why| format!("{}: {output}: {why}", child.name))
            }
            ("AWS::SQS::Queue", None) if attribute == "Arn" => {
                let queue = self.physical(resource, "QueueName", depth)?;
                Ok(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"))
            }
            ("AWS::Logs::LogGroup", None) if attribute == "Arn" => {
                let group = self.physical(resource, "LogGroupName", depth)?;
                Ok(format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"))
            }
            ("AWS::IAM::Role", None) if attribute == "Arn" => {
                let path = match resource.get("Path") {
                    Some(path) => self.resolve(path, depth + 1)?,
                    None => "/".to_owned(),
                };
                Ok(format!("arn:aws:iam::{ACCOUNT}:role{path}{id}"))
            }
            (kind, _) => Err(format!(
                "{attribute} of a {kind} is not known before it is deployed"
            )),
        }
    }

    fn physical(&self, resource: Resource<'_>, property: &str, depth: usize) -> Result<String, String> {
        let value = resource
            .get(property)
            .ok_or_else(|| format!("{} has no {property}", resource.id))?;
        self.resolve(value, depth + 1)
    }

    /// A physical name without what every name of the environment begins with.
    pub(super) fn short<'n>(&self, resource: Resource<'_>, name: &'n str) -> Result<&'n str, String> {
        let environment = self
            .parameters
            .get("Environment")
            .map(String::as_str)
            .unwrap_or_default();
        let prefixes = [
            format!("ledgerkeep-{environment}-"),
            format!("ledgerkeep/{environment}/"),
        ];
        let short = prefixes.iter().find_map(|p| name.strip_prefix(p.as_str()));
        short.ok_or_else(|| self.wrong(resource.id, &format!("is named {name}, not {}…", prefixes[0])))
    }
}

/// A mapping's entries, in order.
pub(super) fn entries(mapping: Option<&Mapping>) -> impl Iterator<Item = (&str, &Value)> {
    mapping
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str()?, value)))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
