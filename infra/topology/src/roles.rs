//! Roles of functions with their policies and boundaries, and the policies of tables and keys.

use super::{
    Topology,
    template::{Resource, Template},
};
use names::{ACCOUNT, REGION, default_key, files, pascal};
use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::crypto::KeyUse;
use std::collections::BTreeMap;

/// What the logical ids of roles begin with that several functions have.
const SHARED: &str = "Shared";

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN, in which its id stands for the name that IAM makes.
    pub arn: String,
    /// Who may assume it.
    pub trust: Json,
    /// What it may do: policy documents.
    pub policies: Vec<Json>,
    /// What it may do at most: a policy document.
    pub boundary: Option<Json>,
}

/// The roles of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// The one that Lambda gives it.
    pub own: Role,
    /// The one under which it reaches data.
    pub data: Role,
}

/// The roles of a region's functions.
pub(super) fn region(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    let stacks = template.resources()?;
    let stacks = stacks
        .into_iter()
        .filter(|r| r.kind == "AWS::Serverless::Application");
    let stacks: Vec<Template<'_>> = stacks.map(|r| template.nested(r)).collect::<Result<_, _>>()?;
    let mut boundaries = BTreeMap::new();
    for stack in &stacks {
        for policy in of_kind(stack, "AWS::IAM::ManagedPolicy")? {
            boundaries.insert(stack.arn(policy)?, document(stack, policy, "PolicyDocument")?);
        }
    }
    let portal = files::stack(files::PORTAL);
    for stack in stacks.iter().filter(|s| s.name != portal) {
        let roles: BTreeMap<&str, Resource<'_>> = of_kind(stack, "AWS::IAM::Role")?
            .into_iter()
            .map(|r| (r.id, r))
            .collect();
        for function in of_kind(stack, "AWS::Serverless::Function")? {
            let id = named(stack, function)?;
            let there = |suffix: &str| roles.get(format!("{id}{suffix}").as_str()).copied();
            let (Some(own), Some(data)) = (there("Role"), there("DataRole")) else {
                continue;
            };
            let own = role(stack, own, &boundaries)?;
            let data = role(stack, data, &boundaries)?;
            let name = super::function::code(stack, function)?;
            topology.roles.insert(name, Roles { own, data });
        }
    }
    match topology
        .functions
        .keys()
        .find(|f| !topology.roles.contains_key(*f))
    {
        Some(without) => Err(format!("{without} has no role of its own and one for data")),
        None => Ok(()),
    }
}

fn of_kind<'t>(template: &'t Template<'_>, kind: &str) -> Result<Vec<Resource<'t>>, String> {
    let all = template.resources()?.into_iter();
    Ok(all.filter(|r| r.kind == kind).collect())
}

fn document(template: &Template<'_>, resource: Resource<'_>, name: &str) -> Result<Json, String> {
    let value = resource.get(name);
    let value = value.ok_or_else(|| template.wrong(resource.id, &format!("has no {name}")))?;
    template.json(resource, value)
}

fn role(
    template: &Template<'_>,
    resource: Resource<'_>,
    boundaries: &BTreeMap<String, Json>,
) -> Result<Role, String> {
    let policies = resource.get("Policies").and_then(Value::as_sequence);
    let policies = policies.into_iter().flatten().map(|policy| {
        let document = policy.get("PolicyDocument");
        let document =
            document.ok_or_else(|| template.wrong(resource.id, "has a policy without a document"))?;
        template.json(resource, document)
    });
    let boundary = match resource.get("PermissionsBoundary") {
        None => None,
        Some(_) => {
            let arn = template.text(resource, "PermissionsBoundary")?;
            let known = boundaries.get(&arn).cloned();
            Some(known.ok_or_else(|| template.wrong(resource.id, &format!("has no boundary {arn}")))?)
        }
    };
    Ok(Role {
        arn: template.arn(resource)?,
        trust: document(template, resource, "AssumeRolePolicyDocument")?,
        policies: policies.collect::<Result<_, _>>()?,
        boundary,
    })
}

/// The policies of tables, in the first region.
pub(super) fn tables(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    for table in of_kind(template, "AWS::DynamoDB::GlobalTable")? {
        let name = template.text(table, "TableName")?;
        let replicas = table.get("Replicas").and_then(Value::as_sequence);
        for replica in replicas.into_iter().flatten() {
            let own = replica.get("Region").map(|r| template.value(table, "Region", r));
            let policy = replica
                .get("ResourcePolicy")
                .and_then(|p| p.get("PolicyDocument"));
            if let (Some(region), Some(policy)) = (own, policy)
                && region? == REGION
            {
                let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}");
                let policy = template.json(table, policy)?;
                topology.resource_policies.insert(arn, policy);
            }
        }
    }
    Ok(())
}

/// The policies of the keys that functions use.
pub(super) fn keys(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    let resources = of_kind(template, "AWS::KMS::Key")?;
    for key in KeyUse::ALL {
        let id = format!("Key{}", pascal(key.name()));
        if let Some(resource) = resources.iter().find(|r| r.id == id) {
            let policy = document(template, *resource, "KeyPolicy")?;
            topology.resource_policies.insert(default_key(key), policy);
        }
    }
    Ok(())
}

/// What the logical ids of a function's roles begin with: its own id, or that of roles which several have. It must be told the data
/// role that belongs to its role.
pub(super) fn named(template: &Template<'_>, function: Resource<'_>) -> Result<String, String> {
    let target = |value: Option<&Value>| match value {
        Some(Value::Tagged(t)) if t.tag == "GetAtt" => t.value.as_str().map(str::to_owned),
        _ => None,
    };
    let role = target(function.get("Role"));
    let role = role.as_deref().and_then(|r| r.strip_suffix("Role.Arn"));
    let known = role.filter(|r| *r == function.id || r.starts_with(SHARED));
    let Some(role) = known else {
        return Err(template.wrong(function.id, "has no role of its own, nor one that several have"));
    };
    let variables = function.get("Environment").and_then(|e| e.get("Variables"));
    let told = target(variables.and_then(|v| v.get(names::DATA_ROLE)));
    match told == Some(format!("{role}DataRole.Arn")) {
        true => Ok(role.to_owned()),
        false => Err(template.wrong(function.id, "is not told the data role of its role")),
    }
}
