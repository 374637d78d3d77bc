//! `POST /audit/v1/purges`: removes entries that are past retention, and only those.

use super::{FloorItem, Purge, PurgeId, PurgeItem, PurgeState};
use crate::{archive::months_ago, bounds::entries_at, log::Log};
use serde_json::json;
use shared::{
    auth::Tenant,
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    time::{Instant, rfc3339},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Entries made before this are removed: the end of the retention unless an earlier time is said.
    #[public]
    before: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_purge",
        methods::post,
        "/audit/v1/purges",
        Access::Right(&rbac::AUDIT_PURGE),
        Audit::Alert,
        "Purge audit entries that are past retention",
    )
    .refuses(&[codes::PURGE_RUNNING])
    .status(202)
    .four_eyes()
    .uses(&[
        Uses::Write(Table::Alerts),
        Uses::Read(Table::Tenancy),
        Uses::Read(Table::Audit),
        Uses::Read(Table::Seals),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Audit, 2),
    ]);
    type Input = Input;
    type Answer = Purge;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let log = Ahead { id: at.region, ..*at };
        vec![log.key::<FloorItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Purge>, Problem> {
        let tenant = cx.get::<Tenant>(cx.tenant().as_str()).await?;
        let end = months_ago(cx.now(), tenant.retention_months);
        let before = input.before.map_or(end, |t| t.timestamp());
        if before > end {
            let text = format!(
                "must be {} at the latest: {} months are kept",
                rfc3339(end),
                tenant.retention_months
            );
            return Err(Problem::invalid("/before", text));
        }
        let log = Log::here(cx);
        let region = log.region.clone();
        let floor = cx.find::<FloorItem>(&region).await?;
        if let Some(running) = floor.as_ref().and_then(|f| f.running.as_ref()) {
            let text = "Another purge is at work.";
            return Err(Problem::conflict("purge_running", text).with("purge", json!(running)));
        }
        let (first, below) = (entries_at(0).0, entries_at(before.as_millisecond()).0);
        let size = floor
            .as_ref()
            .map_or(0, |f| f.size)
            .max(log.sealed_below(cx, &below).await?);
        // Where nothing is that old, nothing is left to do.
        let nothing = size == 0;
        let item = PurgeItem {
            id: PurgeId::new(cx.now()),
            region: region.clone(),
            state: if nothing {
                PurgeState::Done
            } else {
                PurgeState::Running
            },
            before,
            upto: first,
            size,
            removed: 0,
            kept: 0,
            created_by: cx.principal().id(),
            created_at: cx.now(),
            done_at: nothing.then(|| cx.now()),
            below: below.clone(),
        };
        let known = floor.as_ref().map(|f| f.below.clone()).unwrap_or_default();
        let next = FloorItem {
            id: region,
            below: known.max(below),
            size,
            running: (!nothing).then(|| item.id.clone()),
        };
        let write = match &floor {
            Some(old) => cx.replace(old, &next)?,
            None => cx.create(&next)?,
        };
        let id = item.id.as_str();
        let changes = Changes::new()
            .write(write)
            .write(cx.create(&item)?)
            .object(id, None, Some(&item));
        let location = format!("/audit/v1/purges/{id}");
        Ok(Outcome::changed(Purge::from(&item), changes).header("location", location))
    }
}
