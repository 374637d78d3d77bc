//! What the roles of functions allow, by the templates' own policies: each function its own, nobody another's, nothing untagged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

use grants::{crossing, withheld};
use iam::{
    Call, Context,
    principal::{Principals, Session},
    probe,
};
use serde_json::{Value, json};
use services::SERVICES;
use shared::{endpoint::Uses, store::Table};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use topology::{Role, Topology};

/// What IAM takes in all inline policies of a role, and in a managed policy.
const INLINE_LIMIT: usize = 10_240;
const MANAGED_LIMIT: usize = 6_144;
const TENANT: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
const OTHER: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2B";
const PLATFORM: &str = "ten_00000000000000000000000000";

fn topology() -> Topology {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let root: PathBuf = Path::new(&package).join("../..");
    Topology::read(&root).unwrap()
}

fn session(tags: &[(&str, &str)]) -> Session {
    let tags = tags
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Session {
        data: true,
        tags,
        policy: None,
    }
}

fn on(action: &str, table: Table, keys: &[String]) -> Call {
    Call {
        action: action.to_owned(),
        resource: probe::table(table),
        context: Context::default().with("dynamodb:LeadingKeys", keys.iter().cloned()),
    }
}

fn statements(role: &Role) -> Vec<&Value> {
    let all = role.policies.iter().filter_map(|p| p["Statement"].as_array());
    all.flatten().collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

#[test]
fn every_function_is_refused_what_is_not_its_own() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let (mut probes, mut wrong) = (0, Vec::new());
    for function in principals.functions() {
        let all = probe::of(&principals, function).unwrap();
        assert!(all.len() > 100, "{function}: {} probes", all.len());
        for probe in all {
            probes += 1;
            let verdict = principals.decide(function, &probe.session, &probe.call).unwrap();
            if verdict.is_allowed() {
                wrong.push(format!("{function}: {}: {verdict:?}", probe.tries));
            }
        }
    }
    println!("{probes} probes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_function_is_allowed_its_own() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let entry = [format!("T#{TENANT}#entry#x")];
    for function in principals.functions() {
        let holds = principals.allowed(function).unwrap();
        let appends = holds.iter().any(|(_, action, resource)| {
            action == "dynamodb:PutItem" && *resource == probe::table(Table::Audit)
        });
        let call = on("dynamodb:PutItem", Table::Audit, &entry);
        let verdict = principals
            .decide(function, &session(&[("tenant", TENANT)]), &call)
            .unwrap();
        assert_eq!(verdict.is_allowed(), appends, "{function}: {verdict:?}");
        let assume = |action: &str| Call {
            action: action.to_owned(),
            resource: principals.data_role(function).unwrap().to_owned(),
            context: Context::default()
                .with("aws:TagKeys", ["tenant"])
                .with("aws:RequestTag/tenant", [TENANT]),
        };
        for action in ["sts:AssumeRole", "sts:TagSession"] {
            let verdict = principals
                .decide(function, &Session::default(), &assume(action))
                .unwrap();
            assert!(verdict.is_allowed(), "{function}: {action}: {verdict:?}");
        }
    }
}

#[test]
fn only_those_that_make_tenants_write_two_in_one_transaction() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let two = session(&[("tenant", PLATFORM), ("founded", TENANT)]);
    let assumed = |function: &str| Call {
        action: "sts:AssumeRole".to_owned(),
        resource: principals.data_role(function).unwrap().to_owned(),
        context: Context::default()
            .with("aws:TagKeys", ["tenant", "founded"])
            .with("aws:RequestTag/tenant", [PLATFORM])
            .with("aws:RequestTag/founded", [TENANT]),
    };
    let mut founders = BTreeSet::new();
    for function in principals.functions() {
        let verdict = principals
            .decide(function, &Session::default(), &assumed(function))
            .unwrap();
        if verdict.is_allowed() {
            founders.insert(function.to_owned());
        }
        let both = [format!("T#{PLATFORM}#a#b"), format!("T#{TENANT}#a#b")];
        let call = on("dynamodb:PutItem", Table::Tenancy, &both);
        let written = principals.decide(function, &two, &call).unwrap();
        assert!(
            verdict.is_allowed() || !written.is_allowed(),
            "{function}: {written:?}"
        );
        let third = [format!("T#{PLATFORM}#a#b"), format!("T#{OTHER}#a#b")];
        let call = on("dynamodb:PutItem", Table::Tenancy, &third);
        assert!(
            !principals.decide(function, &two, &call).unwrap().is_allowed(),
            "{function}"
        );
    }
    let listed = crossing::CROSSING
        .iter()
        .filter(|(_, how, _)| *how == crossing::How::Two);
    assert_eq!(founders, listed.map(|(name, ..)| (*name).to_owned()).collect());
}

#[test]
fn who_works_for_several_tenants_is_named_with_a_reason() {
    let found: BTreeMap<&str, crossing::How> = crossing::found(SERVICES).into_iter().collect();
    let listed: BTreeMap<&str, crossing::How> = crossing::CROSSING
        .iter()
        .map(|(name, how, _)| (*name, *how))
        .collect();
    assert_eq!(listed.len(), crossing::CROSSING.len(), "none twice");
    assert_eq!(found, listed);
    assert!(crossing::CROSSING.iter().all(|(_, _, why)| why.len() > 20));
    let scans = listed
        .values()
        .filter(|how| **how == crossing::How::Scans)
        .count();
    assert_eq!(scans, 1, "one function goes through whole tables");
}

#[test]
fn data_is_reached_under_the_data_role_alone_and_only_in_the_tenant_of_the_tag() {
    for (function, roles) in &topology().roles {
        for statement in statements(&roles.own) {
            for action in texts(&statement["Action"]) {
                let data = ["dynamodb:", "kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]
                    .iter()
                    .any(|prefix| action.starts_with(prefix));
                let follows = statement["Sid"].as_str().unwrap().starts_with("Follow");
                assert!(!data || follows, "{function}: {action} without a session");
            }
        }
        assert!(!statements(&roles.data).is_empty(), "{function}");
        for statement in statements(&roles.data) {
            let sid = statement["Sid"].as_str().unwrap();
            for action in texts(&statement["Action"]) {
                let condition = &statement["Condition"];
                match action {
                    "dynamodb:Scan" => {
                        assert_eq!(function, "rotate_keys");
                        assert_eq!(*condition, json!({"Null": {"aws:PrincipalTag/tenant": "false"}}));
                    }
                    _ if action.starts_with("kms:") => {
                        let context = &condition["StringEquals"]["kms:EncryptionContext:tenant"];
                        assert_eq!(*context, "${aws:PrincipalTag/tenant}", "{function}: {sid}");
                    }
                    _ => {
                        assert_eq!(
                            condition["Null"],
                            json!({"dynamodb:LeadingKeys": "false"}),
                            "{function}: {sid}"
                        );
                        let two = crossing::of(function).is_some_and(|(how, _)| how == crossing::How::Two);
                        let patterns = texts(&condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
                        assert!(!patterns.is_empty(), "{function}: {sid}");
                        for pattern in patterns {
                            let own = pattern.starts_with("T#${aws:PrincipalTag/tenant}#");
                            let founded = two && pattern.starts_with("T#${aws:PrincipalTag/founded}#");
                            assert!(own || founded, "{function}: {sid}: {pattern}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn each_data_role_is_one_function_s_or_theirs_who_may_do_the_same_and_within_its_boundary() {
    let topology = topology();
    let declared = declared();
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (function, roles) in &topology.roles {
        for role in [&roles.own, &roles.data] {
            holders.entry(&role.arn).or_default().push(function);
        }
        for role in [&roles.own, &roles.data] {
            let boundary = role.boundary.as_ref().expect("a boundary");
            assert!(
                boundary.to_string().len() < MANAGED_LIMIT,
                "{} characters",
                boundary.to_string().len()
            );
            let length: usize = role.policies.iter().map(|p| p.to_string().len()).sum();
            assert!(length < INLINE_LIMIT, "{}: {length} characters", role.arn);
            for statement in boundary["Statement"].as_array().unwrap() {
                let allows = statement["Effect"] == "Allow";
                let wild = texts(&statement["Action"]).iter().any(|a| a.contains('*'));
                assert!(!allows || !wild, "{statement}");
            }
        }
        assert_ne!(roles.own.boundary, roles.data.boundary);
        let trust = roles.data.trust["Statement"].as_array().unwrap();
        assert_eq!(trust.len(), 1, "{function}");
        assert_eq!(trust[0]["Principal"], json!({"AWS": roles.own.arn}), "{function}");
        assert_eq!(
            trust[0]["Condition"]["StringLike"]["aws:RequestTag/tenant"],
            format!("ten_{}", "?".repeat(26)),
        );
        let assumes = statements(&roles.own)
            .into_iter()
            .filter(|s| s["Sid"] == "AssumeDataRole");
        let resources: Vec<&str> = assumes.flat_map(|s| texts(&s["Resource"])).collect();
        let [path] = resources.as_slice() else {
            panic!("{function}: {resources:?}")
        };
        let path = path.strip_suffix('*').unwrap();
        let every = topology.roles.values().flat_map(|r| [&r.data.arn, &r.own.arn]);
        let reached: BTreeSet<&String> = every.filter(|arn| arn.starts_with(path)).collect();
        assert_eq!(
            reached,
            BTreeSet::from([&roles.data.arn]),
            "{function} reaches {path}"
        );
        // Its logs, and no other's: where several have the role, for that function alone.
        for statement in statements(&roles.own) {
            if statement["Sid"].as_str().unwrap().starts_with("WriteLogs") {
                let [group] = texts(&statement["Resource"])[..] else {
                    panic!("{statement}")
                };
                let name = group.trim_end_matches(":*").rsplit('/').next().unwrap();
                let source =
                    format!("arn:aws:lambda:eu-west-1:000000000000:function:ledgerkeep-local-{name}");
                let bound = &statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"];
                let shared = holders_of(&topology, &roles.own.arn);
                assert!(shared.contains(&name), "{function}: {group}");
                assert!(shared.len() == 1 || *bound == source, "{function}: {statement}");
            }
        }
    }
    for (arn, functions) in &holders {
        let rights: BTreeSet<String> = functions.iter().map(|f| format!("{:?}", declared[*f])).collect();
        assert_eq!(rights.len(), 1, "{arn}: {functions:?}");
    }
    assert_eq!(topology.roles.len(), topology.functions.len());
    assert!(
        holders.len() < topology.functions.len() * 2,
        "some have roles together"
    );
}

fn holders_of<'t>(topology: &'t Topology, arn: &str) -> Vec<&'t str> {
    let own = topology.roles.iter().filter(|(_, roles)| roles.own.arn == arn);
    own.map(|(name, _)| name.as_str()).collect()
}

/// Actions on tables, and needs of anything else.
type Rights = (BTreeSet<(String, String)>, BTreeSet<Uses>);

/// What each function declares that it needs, without what is withheld from it: those who have a role together must not differ in it.
fn declared() -> BTreeMap<&'static str, Rights> {
    let endpoints = SERVICES.iter().flat_map(|s| s.endpoints);
    let endpoints = endpoints.map(|f| (f.declaration.name, f.declaration.needs()));
    let workers = SERVICES.iter().flat_map(|s| s.workers);
    let workers = workers.map(|w| (w.name, w.needs()));
    let of_table = |uses: &Uses| {
        use Uses::{Below, Home, List, Post, Purge, Read, Scan, Write};
        matches!(
            uses,
            Read(_) | Write(_) | List(..) | Below(_) | Scan(_) | Purge(_) | Home | Post
        )
    };
    let mut rights: BTreeMap<&str, Rights> = BTreeMap::new();
    for (name, needs) in endpoints.chain(workers) {
        rights
            .entry(name)
            .or_default()
            .1
            .extend(needs.into_iter().filter(|n| !of_table(n)));
    }
    let withheld: BTreeSet<_> = withheld::lines().collect();
    for (name, action, resource) in withheld::declared(SERVICES) {
        if !withheld.contains(&(name.as_str(), action.as_str(), resource.as_str())) {
            rights
                .get_mut(name.as_str())
                .unwrap()
                .0
                .insert((action, resource));
        }
    }
    rights
}

/// Nothing of a role is let through that its boundary holds back: both were written for the same calls.
#[test]
fn the_audit_table_is_beyond_change_for_every_role_but_one() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let key = [format!("T#{TENANT}#entry#x")];
    let mut removers = Vec::new();
    for function in principals.functions() {
        for action in [
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:Scan",
            "dynamodb:BatchWriteItem",
        ] {
            let call = on(action, Table::Audit, &key);
            let verdict = principals
                .decide(function, &session(&[("tenant", TENANT)]), &call)
                .unwrap();
            if verdict.is_allowed() {
                removers.push(format!("{function} {action}"));
            }
        }
    }
    assert_eq!(removers, ["purge_entries dynamodb:DeleteItem"]);
}

#[test]
fn the_journal_is_beyond_change_for_every_role() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let session = session(&[("tenant", TENANT)]);
    let (entry, other) = (
        [format!("T#{TENANT}#journal-entry#x")],
        [format!("T#{TENANT}#other#x")],
    );
    let mut posting = Vec::new();
    for function in principals.functions() {
        let may = |action: &str, key: &[String]| {
            let call = on(action, Table::Journal, key);
            principals.decide(function, &session, &call).unwrap().is_allowed()
        };
        for action in [
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:Scan",
            "dynamodb:BatchWriteItem",
        ] {
            assert!(!may(action, &entry), "{function}: {action}");
        }
        assert!(!may("dynamodb:PutItem", &other), "{function}");
        posting.extend(may("dynamodb:PutItem", &entry).then(|| function.to_owned()));
    }
    posting.sort();
    assert!(posting.iter().any(|f| f == "create_payment") && !posting.iter().any(|f| f == "create_customer"));
}

#[test]
fn what_the_road_writes_is_bound_to_its_kinds_of_items() {
    let topology = topology();
    let principals = Principals::read(&topology).unwrap();
    let session = session(&[("tenant", TENANT)]);
    let may = |function: &str, action: &str, kind: &str| {
        let call = on(action, Table::Identity, &[format!("T#{TENANT}#{kind}#x")]);
        principals.decide(function, &session, &call).unwrap().is_allowed()
    };
    for kind in ["session", "rate"] {
        assert!(may("create_customer", "dynamodb:UpdateItem", kind), "{kind}");
    }
    for kind in ["user", "credential", "role", "approval", "sessions"] {
        assert!(!may("create_customer", "dynamodb:UpdateItem", kind), "{kind}");
    }
    assert!(may("reveal_payment_method", "dynamodb:PutItem", "approval"));
    assert!(!may("reveal_payment_method", "dynamodb:PutItem", "user"));
    assert!(!may("create_customer", "dynamodb:PutItem", "approval"));
    assert!(!may("create_customer", "dynamodb:Query", "users"));
}

#[test]
fn what_is_withheld_is_declared_and_nothing_else() {
    let declared = withheld::declared(SERVICES);
    let mut seen = BTreeSet::new();
    for (function, action, resource) in withheld::lines() {
        let line = (function.to_owned(), action.to_owned(), resource.to_owned());
        assert!(seen.insert(line.clone()), "{line:?} stands there twice");
        assert!(
            declared.contains(&line),
            "{line:?} is not declared any more: remove the line"
        );
        assert!(
            withheld::kept(function, action, resource).is_none(),
            "{line:?} is kept"
        );
    }
    let names: BTreeSet<String> = topology().functions.into_keys().collect();
    assert!(
        withheld::KEPT
            .iter()
            .all(|(name, why)| names.contains(*name) && why.len() > 20)
    );
}
