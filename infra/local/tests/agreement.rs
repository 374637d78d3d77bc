//! The templates in the repository are what the crates declare, and their roles allow no more than that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

use ledgerkeep::{platform::SERVICES, templates, topology::Topology};
use serde_yaml_ng::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What IAM takes in all inline policies of a role.
const POLICY_LIMIT: usize = 10_240;

fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..")
}

fn names_in(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    entries
        .filter_map(|e| {
            Some(
                e.file_name()
                    .into_string()
                    .ok()?
                    .strip_suffix(extension)?
                    .to_owned(),
            )
        })
        .collect()
}

/// Every role: its file, its logical id and its statements.
fn roles() -> Vec<(String, String, Vec<Value>)> {
    let mut roles = Vec::new();
    for name in names_in("infra", ".yaml")
        .into_iter()
        .filter(|n| n.starts_with("service-"))
    {
        let text = fs::read_to_string(root().join(format!("infra/{name}.yaml"))).unwrap();
        let template: Value = serde_yaml_ng::from_str(&text).unwrap();
        for (id, resource) in template["Resources"].as_mapping().unwrap() {
            if resource["Type"] == "AWS::IAM::Role" {
                let statements = resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].clone();
                let statements = statements.as_sequence().unwrap().clone();
                roles.push((name.clone(), id.as_str().unwrap().to_owned(), statements));
            }
        }
    }
    assert!(!roles.is_empty());
    roles
}

fn texts(list: &Value) -> Vec<String> {
    let text = |v: &Value| match v {
        Value::Tagged(t) => t.value.as_str().unwrap_or_default().to_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    list.as_sequence().unwrap().iter().map(text).collect()
}

#[test]
fn templates_say_what_the_crates_declare() {
    Topology::read(&root()).unwrap().agree(SERVICES).unwrap();
}

#[test]
fn files_are_what_the_generator_writes() {
    let files = templates::generate(SERVICES).unwrap();
    let differ: Vec<&String> = files
        .iter()
        .filter(|(n, text)| fs::read_to_string(root().join(n)).ok().as_ref() != Some(text))
        .map(|(n, _)| n)
        .collect();
    assert!(differ.is_empty(), "run `make templates`: {differ:?}");
    for (folder, extension) in [("events", ".json"), ("infra", ".yaml")] {
        for name in names_in(folder, extension) {
            let path = format!("{folder}/{name}{extension}");
            let ours = folder == "events" || name.starts_with("service-");
            assert!(
                !ours || files.contains_key(&path),
                "{path} belongs to nothing that is declared"
            );
        }
    }
}

#[test]
fn every_function_has_its_binary() {
    let topology = Topology::read(&root()).unwrap();
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, function) in &topology.functions {
        declared
            .entry(function.service.clone())
            .or_default()
            .insert(name.clone());
    }
    for (service, functions) in declared {
        assert_eq!(
            names_in(&format!("functions/{service}/src/bin"), ".rs"),
            functions,
            "{service}"
        );
    }
}

#[test]
fn the_audit_table_is_append_only() {
    let allowed = [
        "dynamodb:PutItem",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
    ];
    let (mut appends, mut removes) = (0, Vec::new());
    for (file, role, statements) in roles() {
        for statement in statements {
            let audit = |r: &String| r.contains("TableAudit");
            if !texts(&statement["Resource"]).iter().any(audit) {
                continue;
            }
            appends += 1;
            for action in texts(&statement["Action"]) {
                // One role removes entries that are past retention: the one that the table's own policy lets through.
                if role.contains("PurgeEntries") && action == "dynamodb:DeleteItem" {
                    removes.push(file.clone());
                    continue;
                }
                assert!(allowed.contains(&action.as_str()), "{file}: {role} may {action}");
            }
        }
    }
    assert!(appends > 0);
    let data = fs::read_to_string(root().join("infra/data.yaml")).unwrap();
    assert_eq!(
        data.matches("Sid: AppendOnly").count(),
        2,
        "both replicas refuse what is not an append"
    );
    assert_eq!(removes.len(), 1, "{removes:?}");
    let path = "/ledgerkeep/${Environment}/audit-purge/";
    assert_eq!(data.matches(&format!(":role{path}*")).count(), 2);
    let service = fs::read_to_string(root().join("infra/service-audit.yaml")).unwrap();
    assert_eq!(service.matches(&format!("Path: !Sub {path}")).count(), 1);
    for action in [
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "PartiQLUpdate",
        "PartiQLDelete",
        "PartiQLInsert",
    ] {
        let denied = data.matches(&format!("- dynamodb:{action}\n")).count();
        assert_eq!(denied, 2, "{action}");
    }
}

#[test]
fn roles_name_what_they_allow() {
    let mut sids = BTreeSet::new();
    for (file, role, statements) in roles() {
        sids.clear();
        for statement in &statements {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sids.insert(sid.to_owned()), "{file}: {role} has {sid} twice");
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{file}: {role} may {action}");
            }
            for resource in texts(&statement["Resource"]) {
                assert!(
                    !resource.contains('*') || ["SendTraces", "AssumeDataRole"].contains(&sid),
                    "{file}: {role} may {sid} on {resource}"
                );
            }
            if sid.starts_with("Unwrap") || sid.starts_with("Make") {
                let context = statement["Condition"]["StringEquals"].as_mapping().unwrap();
                for key in ["app", "env", "purpose", "tenant"] {
                    assert!(
                        context.contains_key(format!("kms:EncryptionContext:{key}")),
                        "{file}: {role}: {sid}"
                    );
                }
            }
        }
        // Names of accounts, regions and tables are about as long as what stands for them.
        let length = serde_json::to_string(&statements).unwrap().len();
        assert!(
            length < POLICY_LIMIT,
            "{file}: {role} has a policy of {length} characters"
        );
    }
}

#[test]
fn only_those_who_declare_it_write_users() {
    let stamps = roles()
        .into_iter()
        .filter(|(_, _, s)| s.iter().any(|s| s["Sid"] == "StampIdentity"))
        .count();
    let writers: Vec<String> = roles()
        .into_iter()
        .filter(|(_, _, s)| s.iter().any(|s| s["Sid"] == "WriteIdentity"))
        .map(|(_, role, _)| role)
        .collect();
    assert!(stamps > writers.len(), "{writers:?}");
}

#[test]
fn the_data_map_covers_every_service() {
    let mapped: BTreeSet<&str> = privacy::map::SERVICES.iter().map(|s| s.name).collect();
    let served = ledgerkeep::platform::SERVICES;
    // Keys knows every service, the one of the map too, so the map cannot know it; it keeps nothing about people.
    let others = served.iter().map(|s| s.name).filter(|name| *name != "keys");
    assert_eq!(mapped, others.collect());
    for item in served.iter().filter(|s| s.name == "keys").flat_map(|s| s.items) {
        let about_people = |class: &str| ["personal", "card"].contains(&class);
        assert!(
            !item.fields.iter().any(|f| about_people(f.class.name())),
            "{}",
            item.kind
        );
    }
}
