//! What a function may do with each table, as narrow as its declaration and what it was seen to do allow.

use crate::withheld;
use shared::{
    auth::{Approval, Session, dpop::UsedProof},
    data_role::{FOUNDED_TAG, TENANT_TAG},
    endpoint::{Access as Caller, Declaration, Uses},
    home::GateItem,
    limits,
    road::OutboxItem,
    store::{ENTRY_KIND, GATE_KIND, Item, TENANT_PREFIX, Table},
    worker::Worker,
};

/// By key. Which of the two a function calls depends on what the road has read ahead for it, so they go together.
pub const BY_KEY: [&str; 2] = ["dynamodb:GetItem", "dynamodb:BatchGetItem"];
const LIST: &str = "dynamodb:Query";
const WRITE: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
];
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const CHECK: &str = "dynamodb:ConditionCheckItem";
const DELETE: &str = "dynamodb:DeleteItem";
const SCAN: &str = "dynamodb:Scan";
/// The indexes by their numbers.
const INDEXES: [(u8, &str); 2] = [(1, "/index/gsi1"), (2, "/index/gsi2")];

/// Which partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// All of the session's tenants.
    Tenants(Vec<&'static str>),
    /// Those of the session's tenant that hold items of these kinds.
    Kinds(Vec<&'static str>),
    /// All, in a session that is tagged at all: a scan has no leading keys. What it finds of other tenants is left out by the store
    /// and would not decrypt.
    Tagged,
}

/// Actions on a table or its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The statement's name, without the table's.
    pub verb: &'static str,
    /// The table.
    pub table: Table,
    /// What follows the table's name in the ARN.
    pub places: Vec<&'static str>,
    /// Actions.
    pub actions: Vec<&'static str>,
    /// Partitions.
    pub within: Within,
}

/// A function, as far as tables go.
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// Everything it needs, the road's needs included.
    pub needs: Vec<Uses>,
    /// What it declares itself.
    pub declared: &'a [Uses],
    /// Whether it makes, suspends or resumes tenants: its transactions write items of two of them.
    pub founds: bool,
    four_eyes: bool,
    /// Whether callers sign in, and so may prove that a token is theirs.
    bound: bool,
}

/// A pattern of partition keys.
pub fn partitions(tag: &str, kind: &str) -> String {
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!("{kind}#")
    };
    format!("'{TENANT_PREFIX}${{aws:PrincipalTag/{tag}}}#{kind}*'")
}

impl Within {
    /// Patterns of partition keys; none where leading keys say nothing.
    pub fn patterns(&self) -> Vec<String> {
        match self {
            Self::Tenants(tags) => tags.iter().map(|tag| partitions(tag, "")).collect(),
            Self::Kinds(kinds) => kinds.iter().map(|kind| partitions(TENANT_TAG, kind)).collect(),
            Self::Tagged => Vec::new(),
        }
    }
}

impl<'a> Function<'a> {
    /// An endpoint's.
    pub fn endpoint(d: &'a Declaration) -> Self {
        Self {
            name: d.name,
            needs: d.needs(),
            declared: d.uses,
            founds: d.founds_tenants,
            four_eyes: d.four_eyes,
            bound: !matches!(d.access, Caller::Public),
        }
    }

    /// A worker's.
    pub fn worker(w: &'a Worker) -> Self {
        Self {
            name: w.name,
            needs: w.needs(),
            declared: w.uses,
            founds: false,
            four_eyes: false,
            bound: false,
        }
    }

    /// What is declared, before anything is withheld.
    pub fn declared(&self) -> Vec<Access> {
        Table::ALL.into_iter().flat_map(|t| self.table(t)).collect()
    }

    /// What it may do.
    pub fn granted(&self) -> Vec<Access> {
        let mut out: Vec<Access> = Vec::new();
        for access in self.declared() {
            for place in &access.places {
                let resource = format!("{}{place}", access.table.name());
                let mut rest = access.actions.clone();
                rest.retain(|action| !withheld::is(self.name, action, &resource));
                let same = |a: &&mut Access| {
                    (a.verb, a.table, &a.actions, &a.within)
                        == (access.verb, access.table, &rest, &access.within)
                };
                match out.iter_mut().find(same) {
                    _ if rest.is_empty() => {}
                    Some(same) => same.places.push(place),
                    None => out.push(Access {
                        places: vec![place],
                        actions: rest,
                        ..access.clone()
                    }),
                }
            }
        }
        out
    }

    fn table(&self, table: Table) -> Vec<Access> {
        let needs = |uses| self.needs.contains(&uses);
        let declares = |uses| self.declared.contains(&uses);
        let writes = needs(Uses::Write(table));
        let reads = needs(Uses::Read(table)) || (writes && table != Table::Audit);
        let mut tags = vec![TENANT_TAG];
        tags.extend(self.founds.then_some(FOUNDED_TAG));
        let tenants = Within::Tenants(tags);
        let mut out = Vec::new();
        let mut add = |verb, places: &[&'static str], actions: &[&'static str], within: &Within| {
            out.push(Access {
                verb,
                table,
                places: places.to_vec(),
                actions: actions.to_vec(),
                within: within.clone(),
            });
        };
        if table == Table::Home {
            // One item, read alone. Whoever founds a tenant puts the first; every later one is an operator's.
            if needs(Uses::Home) || writes {
                add("Read", &[""], &["dynamodb:GetItem"], &tenants);
            }
            if writes {
                add("Found", &[""], &[PUT], &tenants);
            }
            return out;
        }
        if table == GateItem::TABLE && needs(Uses::Home) && !declares(Uses::Write(table)) {
            add("Pass", &[""], &[CHECK], &Within::Kinds(vec![GateItem::KIND]));
        }
        if needs(Uses::Post) && !declares(Uses::Write(table)) {
            // An entry is appended once, and seen again where somebody else may have appended it.
            match table {
                Table::Journal => {
                    let entries = Within::Kinds(vec![ENTRY_KIND]);
                    add("Append", &[""], &[PUT, "dynamodb:GetItem"], &entries);
                }
                Table::Ledger => add("Pass", &[""], &[CHECK], &Within::Kinds(vec![GATE_KIND])),
                _ => {}
            }
        }
        if reads {
            let below = needs(Uses::Below(table)).then_some(LIST);
            let actions: Vec<&str> = BY_KEY.into_iter().chain(below).collect();
            add("Read", &[""], &actions, &tenants);
        }
        let listed = INDEXES.into_iter().filter(|(n, _)| needs(Uses::List(table, *n)));
        let listed: Vec<&str> = listed.map(|(_, index)| index).collect();
        if !listed.is_empty() {
            add("List", &listed, &[LIST], &tenants);
        }
        if needs(Uses::Scan(table)) {
            add("Scan", &[""], &[SCAN], &Within::Tagged);
        }
        if writes {
            match table {
                Table::Audit => add("Append", &[""], &[PUT], &tenants),
                _ if declares(Uses::Write(table)) => add("Write", &[""], WRITE, &tenants),
                Table::Identity => {
                    // The road stamps sessions, leases of rate limits, and keeps used proofs, and approvals to wait for with
                    // the event that tells of them.
                    let stamps = Within::Kinds(vec![Session::KIND, limits::KIND]);
                    add("Stamp", &[""], &[UPDATE], &stamps);
                    let mut kept = Vec::new();
                    kept.extend(self.bound.then_some(UsedProof::KIND));
                    if self.four_eyes {
                        kept.extend([Approval::KIND, OutboxItem::KIND]);
                    }
                    if !kept.is_empty() {
                        add("Spend", &[""], &[PUT], &Within::Kinds(kept));
                    }
                }
                // Idempotency records.
                _ => add("Keep", &[""], &[PUT], &tenants),
            }
        }
        if needs(Uses::Purge(table)) {
            add("Purge", &[""], &[DELETE], &tenants);
        }
        out
    }
}
