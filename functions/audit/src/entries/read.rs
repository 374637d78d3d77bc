//! `GET /audit/v1/entries/{id}`: an entry with its masked request and answer, and whether it is sealed.

use super::{Chunked, parsed};
use crate::log::items::LeafItem;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    audit::EntryItem,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::EntryId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The entry.
    #[public]
    id: EntryId,
}

/// Where an entry is sealed.
#[derive(Record, Serialize)]
#[record(name = "EntryPlace")]
pub struct Place {
    /// Its number in the log, from 0.
    #[public]
    index: u64,
    /// Size of the log right after it was sealed.
    #[public]
    size: u64,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "AuditEntry")]
pub struct Answer {
    /// Its id.
    #[public]
    id: String,
    /// `<service>.<function>`.
    #[public]
    activity: String,
    /// Who.
    #[public]
    actor: String,
    /// `succeeded`, `refused`, `failed`, `replayed` or `intended`.
    #[public]
    outcome: String,
    /// What the entry says, large details included.
    #[personal]
    entry: Map<String, Value>,
    /// The exact text that is hashed into the tree. Of large details it holds the hash.
    #[personal]
    body: String,
    /// Where it is sealed; absent until it is.
    #[nested]
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<Place>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_entry",
        methods::get,
        "/audit/v1/entries/{id}",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Sensitive,
        "Read an audit entry with its masked request and answer",
    )
    .uses(&[Uses::Read(Table::Audit), Uses::Read(Table::Seals)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<EntryItem>(), at.key::<LeafItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = input.id.as_str();
        let (entry_key, leaf_key) = (cx.key::<EntryItem>(id), cx.key::<LeafItem>(id));
        let mut batch = cx.batch(&[entry_key.clone(), leaf_key.clone()]).await?;
        let item = batch
            .take::<EntryItem>(&entry_key)?
            .ok_or_else(Problem::not_found)?
            .item;
        let leaf = batch.take::<LeafItem>(&leaf_key)?;
        let mut entry = parsed(&item.body)?;
        if let Some(chunked) = Chunked::of(&entry) {
            entry.insert("details".into(), details(cx, id, &chunked).await?);
        }
        let sealed = leaf.map(|l| Place {
            index: l.index,
            size: l.size,
        });
        let EntryItem {
            id,
            body,
            activity,
            actor,
            outcome,
            ..
        } = item;
        let answer = Answer {
            id,
            activity,
            actor,
            outcome,
            entry,
            body,
            sealed,
        };
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}

/// Joins the chunks of large details and holds them against the hash in the entry.
async fn details(cx: &Context, id: &str, chunked: &Chunked) -> Result<Value, Problem> {
    let text = chunked.text(cx, id).await?;
    chunked.join(&text).ok_or_else(|| {
        tracing::error!(
            entry = id,
            "the details of an audit entry are not what was hashed"
        );
        let mut problem = Problem::internal("the details of an audit entry are not what was hashed");
        problem.code = "details_altered";
        problem.detail = "The details are not what was hashed.".into();
        problem
    })
}
