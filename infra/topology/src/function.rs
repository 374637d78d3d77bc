//! Functions of the nested stacks, and what starts them.

use super::{
    Function, Queue, Refusal, Route, Schedule, Stream, Topology,
    template::{Resource, Template, entries},
};
use names::{files, pascal};
use serde_yaml_ng::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What API Gateway calls any method.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The stacks of a region.
pub(super) fn region(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    for resource in template
        .resources()?
        .into_iter()
        .filter(|r| r.kind == "AWS::Serverless::Application")
    {
        let nested = template.nested(resource)?;
        // Its function declares nothing and has no road: whoever runs the platform elsewhere answers with its files.
        if nested.name != files::stack(files::PORTAL) {
            service(&nested, topology)?;
        }
    }
    let mut routes = BTreeSet::new();
    for route in &topology.routes {
        if !routes.insert((&route.method, &route.path)) {
            return Err(format!(
                "{}: {} {} has two functions",
                template.name, route.method, route.path
            ));
        }
    }
    Ok(())
}

fn service(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    let name = files::service_of(&template.name);
    let resources = template.resources()?;
    for resource in resources
        .iter()
        .copied()
        .filter(|r| r.kind == "AWS::Serverless::Api")
    {
        let service =
            name.ok_or_else(|| template.wrong(resource.id, "stands outside of a service's stack"))?;
        topology
            .refusals
            .insert(service.to_owned(), refusals(template, resource)?);
    }
    let roles: BTreeSet<&str> = resources
        .iter()
        .filter(|r| r.kind == "AWS::IAM::Role")
        .map(|r| r.id)
        .collect();
    for resource in resources
        .iter()
        .copied()
        .filter(|r| r.kind == "AWS::Serverless::Function")
    {
        let service =
            name.ok_or_else(|| template.wrong(resource.id, "stands outside of a service's stack"))?;
        let function = code(template, resource)?;
        let role = super::roles::named(template, resource)?;
        for id in [format!("{role}Role"), format!("{role}DataRole")] {
            if !roles.contains(id.as_str()) {
                return Err(template.wrong(resource.id, &format!("has a role that is not there: {id}")));
            }
        }
        let read = Function {
            service: service.to_owned(),
            memory: setting(template, resource, "MemorySize")?,
            timeout: setting(template, resource, "Timeout")?,
            variables: variables(template, resource),
        };
        if topology.functions.insert(function.clone(), read).is_some() {
            return Err(template.wrong(resource.id, "is the second function of its name"));
        }
        for (event, body) in entries(resource.get("Events").and_then(Value::as_mapping)) {
            trigger(template, resource, event, body, &function, topology)?;
        }
    }
    Ok(())
}

/// What an API answers by itself.
fn refusals(template: &Template<'_>, api: Resource<'_>) -> Result<BTreeMap<String, Refusal>, String> {
    let given = api.get("GatewayResponses").and_then(Value::as_mapping);
    let refusal = |(kind, body): (&str, &Value)| {
        let wrong = |what: &str| template.wrong(api.id, &format!("gateway response {kind}: {what}"));
        let status = body
            .get("StatusCode")
            .and_then(Value::as_u64)
            .and_then(|s| u16::try_from(s).ok());
        let text = body
            .get("ResponseTemplates")
            .and_then(|t| t.get("application/json"))
            .and_then(Value::as_str);
        let headers = body
            .get("ResponseParameters")
            .and_then(|p| p.get("Headers"))
            .and_then(Value::as_mapping);
        let refusal = Refusal {
            status: status.ok_or_else(|| wrong("has no status"))?,
            headers: entries(headers)
                .filter_map(|(name, value)| Some((name.to_owned(), value.as_str()?.to_owned())))
                .collect(),
            body: text.ok_or_else(|| wrong("has no body"))?.to_owned(),
        };
        Ok((kind.to_owned(), refusal))
    };
    entries(given).map(refusal).collect()
}

/// The declared name: the folder that the function's code is built into.
pub(super) fn code(template: &Template<'_>, resource: Resource<'_>) -> Result<String, String> {
    let uri = template.text(resource, "CodeUri")?;
    let name = uri
        .strip_prefix(files::CODE)
        .map(|n| n.trim_end_matches('/'))
        .unwrap_or_default();
    if name.is_empty() || name.contains('/') || pascal(name) != resource.id {
        return Err(template.wrong(
            resource.id,
            &format!("runs the code in {uri}, which is not its own"),
        ));
    }
    Ok(name.to_owned())
}

/// A number of the function, or of all functions of the stack.
fn setting(template: &Template<'_>, resource: Resource<'_>, name: &str) -> Result<u32, String> {
    let value = resource.get(name).or_else(|| template.global(name));
    let value = value.ok_or_else(|| template.wrong(resource.id, &format!("has no {name}")))?;
    template.number(resource, name, value)
}

fn variables(template: &Template<'_>, resource: Resource<'_>) -> Vec<String> {
    let of = |environment: Option<&Value>| -> Vec<String> {
        let variables = environment
            .and_then(|e| e.get("Variables"))
            .and_then(Value::as_mapping);
        entries(variables).map(|(name, _)| name.to_owned()).collect()
    };
    let mut all = of(template.global("Environment"));
    all.extend(of(resource.get("Environment")));
    all.sort();
    all.dedup();
    all
}

fn trigger(
    template: &Template<'_>,
    resource: Resource<'_>,
    event: &str,
    body: &Value,
    function: &str,
    topology: &mut Topology,
) -> Result<(), String> {
    let wrong = |what: &str| template.wrong(resource.id, &format!("event {event}: {what}"));
    let property = |name: &str| {
        let value = body.get("Properties").and_then(|p| p.get(name));
        value.ok_or_else(|| wrong(&format!("has no {name}")))
    };
    let text = |name: &str| template.value(resource, name, property(name)?);
    let batch = || template.number(resource, "BatchSize", property("BatchSize")?);
    let function = function.to_owned();
    match body.get("Type").and_then(Value::as_str) {
        Some("Api") => {
            let (method, path) = (text("Method")?.to_uppercase(), text("Path")?);
            if !METHODS.contains(&method.as_str()) || !path.starts_with('/') {
                return Err(wrong(&format!("{method} {path} is not a route")));
            }
            let service = files::service_of(&template.name).unwrap_or_default().to_owned();
            topology.routes.push(Route {
                method,
                path,
                function,
                service,
            });
        }
        Some("DynamoDB") => {
            let arn = text("Stream")?;
            let name = arn
                .split_once(":table/")
                .and_then(|(_, rest)| rest.split_once("/stream/"))
                .map(|(name, _)| name);
            let name = name.ok_or_else(|| wrong(&format!("{arn} is not a stream of a table")))?;
            let table = template.short(resource, name)?.to_owned();
            if topology
                .tables
                .get(&table)
                .is_none_or(|t| t.stream_view.is_none())
            {
                return Err(wrong(&format!(
                    "{} has no table {table} with a stream",
                    files::stack("data")
                )));
            }
            topology.streams.push(Stream {
                function,
                table,
                batch: batch()?,
            });
        }
        Some("SQS") => {
            let arn = text("Queue")?;
            let name = arn.rsplit(':').next().unwrap_or_default();
            let queue = template.short(resource, name)?.to_owned();
            topology.queues.push(Queue {
                function,
                queue,
                batch: batch()?,
            });
        }
        Some("Schedule") => topology.schedules.push(Schedule {
            function,
            expression: text("Schedule")?,
        }),
        Some(other) => return Err(wrong(&format!("{other} is not a trigger that is known here"))),
        None => return Err(wrong("has no type")),
    }
    Ok(())
}
