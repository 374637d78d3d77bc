//! `POST /audit/v1/exports`: asks for a bundle of everything up to this very request.

use super::{Export, ExportId, ExportItem};
use crate::log::Log;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Nothing,
    road::Context,
    store::{Changes, Table},
};

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_export",
        methods::post,
        "/audit/v1/exports",
        Access::Right(&rbac::AUDIT_EXPORT),
        Audit::Alert,
        "Export the audit log as a bundle for the offline verifier",
    )
    .status(202)
    .uses(&[Uses::Write(Table::Seals)]);
    type Input = Nothing;
    type Answer = Export;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Export>, Problem> {
        let log = Log::here(cx);
        let item = ExportItem {
            id: ExportId::new(cx.now()),
            region: log.region,
            shard: log.shard,
            created_by: cx.principal().id(),
            created_at: cx.now(),
        };
        let id = item.id.as_str();
        // The sealer finds the export through the object of this call's entry.
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .object(id, None, Some(&item));
        let location = format!("/audit/v1/exports/{id}");
        Ok(Outcome::changed(Export::pending(&item), changes).header("location", location))
    }
}
