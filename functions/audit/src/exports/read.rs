//! `GET /audit/v1/exports/{id}`: whether an export is ready, and with `part` one part of its bundle.

use super::{
    Export, ExportId, ExportItem, ExportStatus, Format, bundle,
    rows::{self, Window},
};
use crate::{
    checkpoints::CheckpointItem,
    log::{Log, items::ExportSealItem, padded},
};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
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
    /// The export.
    #[public]
    id: ExportId,
    /// The part to read, from 0; none gives the status only.
    #[public]
    part: Option<u32>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_export",
        methods::get,
        "/audit/v1/exports/{id}",
        Access::Right(&rbac::AUDIT_EXPORT),
        Audit::Log,
        "Read the status of an export, or a part of its bundle",
    )
    .uses(&[
        Uses::Read(Table::Seals),
        Uses::Read(Table::Audit),
        Uses::Below(Table::Seals),
    ])
    .memory(512);
    type Input = Input;
    type Answer = Export;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ExportItem>(), at.key::<ExportSealItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Export>, Problem> {
        let id = input.id.as_str();
        let (item_key, seal_key) = (cx.key::<ExportItem>(id), cx.key::<ExportSealItem>(id));
        let mut batch = cx.batch(&[item_key.clone(), seal_key.clone()]).await?;
        let item = batch
            .take::<ExportItem>(&item_key)?
            .ok_or_else(Problem::not_found)?;
        let mut export = Export::pending(&item);
        let pending = |export| {
            Ok(Outcome::read(export)
                .header("retry-after", "2".into())
                .concerning(id))
        };
        let Some(seal) = batch.take::<ExportSealItem>(&seal_key)? else {
            return pending(export);
        };
        let log = Log {
            region: item.region.clone(),
            shard: item.shard,
        };
        if cx
            .find_sub::<CheckpointItem>(&log.id(), &padded(seal.size))
            .await?
            .is_none()
        {
            return pending(export);
        }
        export.status = ExportStatus::Ready;
        let window = match item.format {
            Format::Bundle => Window {
                first: 0,
                parts: seal.parts,
                entries: seal.size,
            },
            _ => Window::of(cx, &log, &seal, &item).await?,
        };
        (export.entries, export.parts) = (Some(window.entries), Some(window.parts));
        if let Some(part) = input.part.map(u64::from) {
            if part >= window.parts {
                return Err(Problem::invalid(
                    "/part",
                    format!("must be below {}", window.parts),
                ));
            }
            export.lines = Some(match item.format {
                Format::Bundle => bundle::lines(cx, &log, &seal, part).await?,
                _ => rows::lines(cx, &log, &seal, &item, window, part).await?,
            });
            export.part = Some(part);
        }
        Ok(Outcome::read(export).concerning(id))
    }
}
