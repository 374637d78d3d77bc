//! The roots beside the region's template: tables, keys, secrets.

use super::{
    Index, Key, Table, Topology,
    template::{Resource, Template},
};
use serde_yaml_ng::Value;

/// Tables by what their names say after the environment.
pub(super) fn tables(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    for resource in template
        .resources()?
        .into_iter()
        .filter(|r| r.kind == "AWS::DynamoDB::GlobalTable")
    {
        let name = template.text(resource, "TableName")?;
        let short = template.short(resource, &name)?.to_owned();
        let (hash, range) = keys_of(template, resource, resource.get("KeySchema"))?;
        let mut indexes = Vec::new();
        for index in resource
            .get("GlobalSecondaryIndexes")
            .and_then(Value::as_sequence)
            .into_iter()
            .flatten()
        {
            let name = index
                .get("IndexName")
                .ok_or_else(|| template.wrong(resource.id, "has an index without a name"))?;
            let name = template.value(resource, "IndexName", name)?;
            let (hash, range) = keys_of(template, resource, index.get("KeySchema"))?;
            indexes.push(Index { name, hash, range });
        }
        let within = |outer: &str, inner: &str| -> Result<Option<String>, String> {
            let value = resource.get(outer).and_then(|v| v.get(inner));
            value.map(|v| template.value(resource, inner, v)).transpose()
        };
        let replicas = resource.get("Replicas").and_then(Value::as_sequence);
        let table = Table {
            hash,
            range,
            indexes,
            stream_view: within("StreamSpecification", "StreamViewType")?,
            expiry: within("TimeToLiveSpecification", "AttributeName")?,
            replicated: replicas.is_some_and(|r| r.len() > 1),
        };
        if topology.tables.insert(short.clone(), table).is_some() {
            return Err(template.wrong(resource.id, &format!("is the second table {short}")));
        }
    }
    Ok(())
}

fn keys_of(
    template: &Template<'_>,
    resource: Resource<'_>,
    schema: Option<&Value>,
) -> Result<(String, String), String> {
    let (mut hash, mut range) = (None, None);
    for element in schema.and_then(Value::as_sequence).into_iter().flatten() {
        let name = element
            .get("AttributeName")
            .map(|n| template.value(resource, "AttributeName", n))
            .transpose()?;
        match element.get("KeyType").and_then(Value::as_str) {
            Some("HASH") => hash = name,
            Some("RANGE") => range = name,
            _ => return Err(template.wrong(resource.id, "has a key that is neither HASH nor RANGE")),
        }
    }
    hash.zip(range)
        .ok_or_else(|| template.wrong(resource.id, "wants a HASH and a RANGE key wherever it has keys"))
}

/// KMS keys by their aliases.
pub(super) fn keys(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    let resources = template.resources()?;
    for alias in resources.iter().copied().filter(|r| r.kind == "AWS::KMS::Alias") {
        let name = template.text(alias, "AliasName")?;
        let name = name.strip_prefix("alias/").unwrap_or(&name);
        let short = template.short(alias, name)?.to_owned();
        let target = match alias.get("TargetKeyId") {
            Some(Value::Tagged(t)) if t.tag == "Ref" => t.value.as_str(),
            _ => None,
        };
        let key = resources
            .iter()
            .copied()
            .find(|r| r.kind == "AWS::KMS::Key" && Some(r.id) == target);
        let key = key.ok_or_else(|| template.wrong(alias.id, "names no key of this template"))?;
        let plan = Key {
            spec: template.text(key, "KeySpec")?,
            usage: template.text(key, "KeyUsage")?,
            multi_region: key.get("MultiRegion").and_then(Value::as_bool).unwrap_or(false),
        };
        topology.keys.insert(short, plan);
    }
    Ok(())
}

/// Secrets by what their names say after the environment.
pub(super) fn secrets(template: &Template<'_>, topology: &mut Topology) -> Result<(), String> {
    for resource in template
        .resources()?
        .into_iter()
        .filter(|r| r.kind == "AWS::SecretsManager::Secret")
    {
        let name = template.text(resource, "Name")?;
        topology.secrets.push(template.short(resource, &name)?.to_owned());
    }
    Ok(())
}
