//! The templates in the repository are what the crates declare, and their roles allow no more than that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

use serde_yaml_ng::Value;
use services::SERVICES;
use shared::store::Table;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use topology::Topology;

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
    for name in names_in("infra/stacks", ".yaml")
        .into_iter()
        .filter(|n| n.starts_with("service-"))
    {
        let text = fs::read_to_string(root().join(format!("infra/stacks/{name}.yaml"))).unwrap();
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
    let topology = Topology::read(&root()).unwrap();
    topology.agree(SERVICES).unwrap();
    generator::holders_agree(&topology, SERVICES).unwrap();
}

#[test]
fn files_are_what_the_generator_writes() {
    let files = generator::generate(SERVICES).unwrap();
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
    // The portal's has no declaration.
    let portal = fs::read_to_string(root().join("infra/stacks/portal.yaml")).unwrap();
    for name in names_in("functions/portal/src/bin", ".rs") {
        assert!(portal.contains(&names::files::code(&name)), "{name}");
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
    let data = fs::read_to_string(root().join("infra/stacks/data.yaml")).unwrap();
    assert_eq!(
        data.matches("Sid: AppendOnly").count(),
        4,
        "both replicas of entries and of the journal refuse what is not an append"
    );
    assert_eq!(removes.len(), 1, "{removes:?}");
    let path = "/ledgerkeep/${Environment}/audit-purge/";
    assert_eq!(data.matches(&format!(":role{path}*")).count(), 2);
    let service = fs::read_to_string(root().join("infra/stacks/service-audit.yaml")).unwrap();
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
        assert_eq!(denied, 4, "{action}");
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
                    !resource.contains('*')
                        || ["SendTraces", "AssumeDataRole"].contains(&sid)
                        // Objects are named by what is in them, in one bucket.
                        || (sid == "PutIntoArchive" && resource.ends_with(":s3:::${BucketArchive}/*")),
                    "{file}: {role} may {sid} on {resource}"
                );
            }
            if ["Unwrap", "Make", "Rewrap"]
                .iter()
                .any(|verb| sid.starts_with(verb))
            {
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
    let mapped: BTreeSet<&str> = privacy::map::KEPT.iter().map(|(name, _)| *name).collect();
    let served = services::SERVICES;
    // Keys knows every service, the one of the map too, so the map cannot know it; it keeps nothing about people.
    let others = served.iter().map(|s| s.name).filter(|name| *name != "keys");
    assert_eq!(mapped, others.chain(["road"]).collect());
    for (name, items) in privacy::map::KEPT {
        let of = |s: &&&shared::Service| s.name == *name;
        let all = served
            .iter()
            .find(of)
            .map_or(shared::processing::ROAD, |s| s.items);
        let kinds = |items: &[shared::processing::ItemType]| items.iter().map(|i| i.kind).collect::<Vec<_>>();
        assert_eq!(kinds(items), kinds(all), "{name}");
    }
    for item in served.iter().filter(|s| s.name == "keys").flat_map(|s| s.items) {
        let about_people = |class: &str| ["personal", "card"].contains(&class);
        assert!(
            !item.fields.iter().any(|f| about_people(f.class.name())),
            "{}",
            item.kind
        );
    }
}

/// The alarms of every template: name and description, and what they are.
fn alarms() -> Vec<(String, String, Value)> {
    let templates: Vec<Value> = names_in("infra/stacks", ".yaml")
        .into_iter()
        .map(|name| fs::read_to_string(root().join(format!("infra/stacks/{name}.yaml"))).unwrap())
        .map(|text| serde_yaml_ng::from_str(&text).unwrap())
        .collect();
    let alarms = templates
        .iter()
        .flat_map(|template| template["Resources"].as_mapping().unwrap().values())
        .filter(|r| r["Type"] == "AWS::CloudWatch::Alarm");
    let sub = |value: &Value| match value {
        Value::Tagged(t) if t.tag == "Sub" => t.value.as_str().unwrap().to_owned(),
        other => panic!("{other:?} is no !Sub"),
    };
    alarms
        .map(|r| {
            let properties = r["Properties"].clone();
            (
                sub(&properties["AlarmName"]),
                sub(&properties["AlarmDescription"]),
                properties,
            )
        })
        .collect()
}

#[test]
fn every_alarm_links_to_its_runbook_and_every_runbook_is_linked() {
    let mut runbooks = names_in("infra/runbooks", ".md");
    // Procedures that no alarm leads to; `make test ONLY=docs` checks what they say.
    for procedure in ["restore-drill", "key-compromise", "secret-leak"] {
        assert!(runbooks.remove(procedure), "{procedure}");
    }
    let mut linked = BTreeSet::new();
    for (name, about, properties) in alarms() {
        let (_, link) = about
            .rsplit_once("Runbook: ${RunbookUrl}/")
            .unwrap_or_else(|| panic!("{name}: {about}"));
        let runbook = link.strip_suffix(".md").unwrap();
        assert!(
            runbooks.contains(runbook),
            "{name}: there is no infra/runbooks/{link}"
        );
        linked.insert(runbook.to_owned());
        // CloudWatch takes 1,024 characters; the link's beginning is a parameter.
        assert!(about.len() < 700, "{name}");
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(texts(&properties[actions]), ["AlarmTopic"], "{name}");
        }
    }
    // A region that is lost raises no alarm of its own.
    linked.insert("region-loss".to_owned());
    assert_eq!(linked, runbooks, "runbooks that no alarm links to");
    for runbook in runbooks {
        let text = fs::read_to_string(root().join(format!("infra/runbooks/{runbook}.md"))).unwrap();
        for part in ["# ", "**Means.**", "**Look at.**", "**Do.**", "**Escalate**"] {
            assert!(text.contains(part), "{runbook}: {part}");
        }
        // Links between runbooks lead somewhere.
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            assert!(
                root().join("infra/runbooks").join(link).is_file(),
                "{runbook}: {link}"
            );
        }
    }
}

#[test]
fn alarms_watch_metrics_that_are_told() {
    let services: BTreeSet<&str> = SERVICES.iter().map(|s| s.name).collect();
    let mut told: BTreeSet<&str> = shared::metrics::Gauge::ALL.iter().map(|g| g.name()).collect();
    told.extend([
        "Latency",
        "Failed",
        "Refused",
        "OwnTime",
        "RunTime",
        "RunFailed",
        "Returned",
        "DynamoDBCalls",
        "ReadUnits",
        "WriteUnits",
        "KmsCalls",
        "KmsErrors",
    ]);
    let (mut names, mut watched) = (BTreeSet::new(), BTreeSet::new());
    for (name, _, properties) in alarms() {
        assert!(names.insert(name.clone()), "{name} stands twice");
        let metrics = match properties["Metrics"].as_sequence() {
            Some(metrics) => {
                assert!(metrics.len() <= 11, "{name}: an alarm takes ten metrics");
                let stats = metrics
                    .iter()
                    .filter_map(|m| m["MetricStat"]["Metric"].as_mapping());
                stats.map(|m| Value::Mapping(m.clone())).collect()
            }
            None => vec![properties.clone()],
        };
        assert!(!metrics.is_empty(), "{name}");
        for metric in metrics {
            let Value::Tagged(namespace) = &metric["Namespace"] else {
                continue;
            };
            assert_eq!(namespace.value, "Ledgerkeep/${Environment}", "{name}");
            let metric_name = metric["MetricName"].as_str().unwrap();
            assert!(told.contains(metric_name), "{name}: nobody tells {metric_name}");
            watched.insert(metric_name.to_owned());
            let dimensions = metric["Dimensions"].as_sequence().unwrap();
            let named: Vec<&str> = dimensions.iter().map(|d| d["Name"].as_str().unwrap()).collect();
            assert_eq!(named, ["Service", "Region"], "{name}");
            assert!(
                services.contains(dimensions[0]["Value"].as_str().unwrap()),
                "{name}"
            );
        }
    }
    for service in &services {
        assert!(
            names.contains(&format!("ledgerkeep-${{Environment}}-{service}-errors")),
            "{service}"
        );
    }
    for gauge in shared::metrics::Gauge::ALL {
        assert!(
            watched.contains(gauge.name()),
            "no alarm watches {}",
            gauge.name()
        );
    }
}

#[test]
fn dashboards_are_what_cloudwatch_takes() {
    let text = fs::read_to_string(root().join("infra/stacks/monitoring.yaml")).unwrap();
    let template: Value = serde_yaml_ng::from_str(&text).unwrap();
    let mut found = BTreeSet::new();
    for (id, resource) in template["Resources"].as_mapping().unwrap() {
        if resource["Type"] != "AWS::CloudWatch::Dashboard" {
            continue;
        }
        let Value::Tagged(body) = &resource["Properties"]["DashboardBody"] else {
            panic!("{id:?}")
        };
        // Parameters stand within texts, so the body is JSON before they are replaced too.
        let body: serde_json::Value = serde_json::from_str(body.value.as_str().unwrap()).unwrap();
        let widgets = body["widgets"].as_array().unwrap();
        assert!((2..=500).contains(&widgets.len()), "{id:?}");
        let mut places = BTreeSet::new();
        for widget in widgets {
            let at = ["x", "y", "width", "height"].map(|n| widget[n].as_u64().unwrap());
            assert!(
                at[0] + at[2] <= 24 && places.insert((at[0], at[1])),
                "{id:?}: {at:?}"
            );
            assert!(
                !widget["properties"]["metrics"].as_array().unwrap().is_empty(),
                "{id:?}"
            );
        }
        found.insert(id.as_str().unwrap().to_owned());
    }
    for service in SERVICES {
        let id = format!(
            "{}{}Dashboard",
            service.name[..1].to_uppercase(),
            &service.name[1..]
        );
        assert!(found.contains(&id), "{id}");
    }
}

/// Whoever seals something says so to the job that seals it anew: by the fields' types, not by what anybody remembered.
#[test]
fn rotations_find_every_sealed_field() {
    use shared::{
        endpoint::Uses,
        processing::{ItemType, ROAD},
        record::any_sealed,
    };
    let items = || SERVICES.iter().flat_map(|s| s.items).chain(ROAD);
    // What the road keeps stands in the tables of the services, and the keys themselves are wrapped, not sealed.
    let sealed: BTreeSet<&str> = items().filter(|i| any_sealed(i.fields)).map(|i| i.kind).collect();
    let known: BTreeSet<&str> = keys::KINDS.iter().map(|k| k.kind).collect();
    assert_eq!(
        known, sealed,
        "keys::KINDS against the types of items with sealed fields"
    );
    let rotates = SERVICES
        .iter()
        .flat_map(|s| s.workers)
        .find(|w| w.name == "rotate_keys")
        .unwrap();
    let looked_at: BTreeSet<&str> = keys::rotations::job::DATA.iter().map(|t| t.name()).collect();
    let road: BTreeSet<&str> = ROAD.iter().map(|i| i.kind).collect();
    for item in items().filter(|i: &&ItemType| any_sealed(i.fields) && !road.contains(i.kind)) {
        assert!(
            looked_at.contains(item.table.name()),
            "{} is not gone through",
            item.kind
        );
    }
    for table in keys::rotations::job::DATA {
        for uses in [Uses::Scan(table), Uses::Write(table)] {
            assert!(rotates.uses.contains(&uses), "rotate_keys lacks {uses:?}");
        }
    }
    // Tables that services write and that are not gone through hold nothing that is sealed.
    for service in SERVICES {
        for item in service.items {
            let left_out = !looked_at.contains(item.table.name());
            assert!(
                !left_out || !any_sealed(item.fields),
                "{}: {}",
                service.name,
                item.kind
            );
        }
    }
    let outside = Table::ALL
        .map(Table::name)
        .into_iter()
        .filter(|t| !looked_at.contains(t));
    let never = BTreeSet::from(["audit", "home", "journal", "keys", "ledger"]);
    assert_eq!(
        outside.collect::<BTreeSet<_>>(),
        never,
        "new tables are gone through"
    );
}

/// A type of item that no service lists is on no map: neither that of personal data nor that of rotations.
#[test]
fn every_type_of_item_is_listed_by_its_service() {
    let (mut kept, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for folder in ["functions", "shared/src"] {
        let mut folders = vec![root().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.extension().is_none_or(|e| e != "rs") {
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                for (before, found) in [("impl Item for ", &mut kept), ("item::<", &mut listed)] {
                    for part in text.split(before).skip(1) {
                        let end = if before.starts_with("item") { ">()" } else { " {" };
                        let name = part.split(end).next().unwrap_or_default();
                        let name = name.rsplit("::").next().unwrap_or_default();
                        let plain = name.chars().all(|c| c.is_ascii_alphanumeric());
                        if plain && name.len() > 1 {
                            found.insert(name.to_owned());
                        }
                    }
                }
            }
        }
    }
    assert!(kept.len() > 50, "{}", kept.len());
    // What others read of a customer, a payment and a subscription: the items of those whose they are.
    for part in ["CustomerRef", "PaymentRef", "SubscriptionRef"] {
        kept.remove(part);
    }
    let missing: Vec<&String> = kept.difference(&listed).collect();
    assert!(missing.is_empty(), "in no ITEMS: {missing:?}");
}

/// PCI DSS 4.0.1, requirement 7.2: those who need a card number, and nobody else.
#[test]
fn only_those_who_need_card_numbers_have_their_key() {
    let holders: BTreeSet<String> = roles()
        .into_iter()
        .filter(|(_, _, s)| s.iter().any(|s| s["Sid"] == "UnwrapCard"))
        .map(|(_, role, _)| role)
        .collect();
    let needed = [
        "CreatePaymentMethodDataRole",
        "CreatePaymentDataRole",
        "PayInvoiceDataRole",
        // Charges the payments that a person has let go on.
        "CarryOutReviewsDataRole",
        "RevealPaymentMethodDataRole",
        "RotateKeysDataRole",
        // Each of its sessions is narrowed to what one operation needs.
        "ServeSoapDataRole",
    ];
    assert_eq!(holders, needed.map(str::to_owned).into());
}
