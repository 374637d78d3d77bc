//! What a call through a front is narrowed to: the tables and keys that the function it is for declares. The function that has the front
//! may reach what all of them may, together (infra/decisions/0036); each session is for one of them, and AWS holds it to that.

use crate::{
    declaration::{endpoint::Declaration, uses::Uses},
    kernel::purpose::Purpose,
    ports::home::GateItem,
    process::app::Config,
    store::{Item, Table, scope::Scope},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LOOK: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const CHANGE: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
];
/// Reading who sent an envelope, before it is known whether they did.
const SENDER: &[Uses] = &[
    Uses::Read(Table::Tenancy),
    Uses::Read(Table::Keys),
    Uses::Write(Table::Audit),
    Uses::Key(Purpose::Secret),
];

/// What reading the sender of an envelope needs. None where there is no role to narrow.
pub(super) fn of_sender(config: &Config) -> Option<Scope> {
    made("sender", SENDER, config)
}

/// What a function needs. None where there is no role to narrow.
pub(super) fn of(declaration: &Declaration, config: &Config) -> Option<Scope> {
    made(declaration.name, &declaration.needs(), config)
}

fn made(name: &'static str, needs: &[Uses], config: &Config) -> Option<Scope> {
    let role = config.data_role.as_deref()?;
    let partition = role.split(':').nth(1).unwrap_or("aws");
    Some(Scope {
        name,
        policy: policy(needs, partition, |table| config.tables.get(&table).cloned()).into(),
    })
}

/// The policy, in which who may see which tenant is left to the role's own.
fn policy(needs: &[Uses], partition: &str, named: impl Fn(Table) -> Option<String>) -> String {
    let (mut looks, mut changes, mut lists) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut opens, mut makes) = (BTreeSet::new(), false);
    for need in needs {
        match need {
            Uses::Read(table) | Uses::Below(table) => {
                looks.insert(*table);
            }
            Uses::List(table, _) => {
                lists.insert(*table);
            }
            Uses::Write(table) => {
                looks.insert(*table);
                changes.insert(*table);
            }
            Uses::Home => {
                looks.insert(Table::Home);
                changes.insert(GateItem::TABLE);
            }
            Uses::Post => {
                looks.insert(Table::Journal);
                changes.extend([Table::Journal, Table::Ledger]);
            }
            Uses::Key(purpose) => {
                opens.insert(purpose.name());
            }
            Uses::NewKeys => makes = true,
            _ => {}
        }
    }
    let tables = |tables: &BTreeSet<Table>, end: &str| -> Vec<String> {
        let names = tables.iter().filter_map(|table| named(*table));
        names
            .map(|name| format!("arn:{partition}:dynamodb:*:*:table/{name}{end}"))
            .collect()
    };
    let mut statements = Vec::new();
    let mut allow = |actions: &[&str], resources: Vec<String>, condition: Option<Value>| {
        if resources.is_empty() {
            return;
        }
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        if let (Some(condition), Value::Object(map)) = (condition, &mut statement) {
            map.insert("Condition".to_owned(), condition);
        }
        statements.push(statement);
    };
    // What is changed may be looked at, too: the role says where that is not so.
    looks.retain(|table| !changes.contains(table));
    allow(LOOK, tables(&looks, ""), None);
    allow(&["dynamodb:Query"], tables(&lists, "/index/*"), None);
    let both: Vec<&str> = LOOK.iter().chain(CHANGE).copied().collect();
    allow(&both, tables(&changes, ""), None);
    let keys = || vec![format!("arn:{partition}:kms:*:*:key/*")];
    if !opens.is_empty() {
        let only = json!({"StringEquals": {"kms:EncryptionContext:purpose": opens}});
        allow(&["kms:Decrypt"], keys(), Some(only));
    }
    if makes {
        allow(&["kms:GenerateDataKey"], keys(), None);
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(needs: &[Uses]) -> String {
        policy(needs, "aws-us-gov", |table| {
            Some(format!("ledgerkeep-production-{}", table.name()))
        })
    }

    #[test]
    fn what_is_not_needed_is_not_allowed() {
        let text = made(SENDER);
        assert!(text.contains("table/ledgerkeep-production-tenancy\"") && text.contains("[\"secret\"]"));
        for other in [
            "billing",
            "vault",
            "payments",
            "/index/",
            "card",
            "pii",
            "GenerateDataKey",
        ] {
            assert!(!text.contains(other), "{other}");
        }
    }

    #[test]
    fn the_largest_is_short_enough_for_a_session() {
        let mut needs: Vec<Uses> = vec![Uses::Home, Uses::Post, Uses::NewKeys];
        for table in [
            Table::Billing,
            Table::Payments,
            Table::Vault,
            Table::Risk,
            Table::Keys,
            Table::Audit,
            Table::Identity,
        ] {
            needs.extend([Uses::Read(table), Uses::Write(table)]);
        }
        needs.extend([
            Uses::Read(Table::Tenancy),
            Uses::List(Table::Billing, 1),
            Uses::List(Table::Vault, 1),
        ]);
        needs.extend(Purpose::ALL.map(Uses::Key));
        let text = made(&needs);
        assert!(text.len() <= 2_048, "{}: {text}", text.len());
    }
}
