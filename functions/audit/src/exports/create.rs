//! `POST /audit/v1/exports`: asks for everything up to this very request, as a bundle or as rows.

use super::{Export, ExportId, ExportItem, Format};
use crate::{entries::made_between, log::Log};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What the export is made of: a bundle unless something else is said.
    #[public]
    format: Option<Format>,
    /// Entries made at this time or later. A bundle is always whole.
    #[public]
    from: Option<Instant>,
    /// Entries made at this time or earlier. A bundle is always whole.
    #[public]
    to: Option<Instant>,
}

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
        "Export the audit log: a bundle for the offline verifier, JSON Lines, CSV or OCSF events",
    )
    .status(202)
    .uses(&[Uses::Write(Table::Seals)]);
    type Input = Input;
    type Answer = Export;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Export>, Problem> {
        let format = input.format.unwrap_or_default();
        let between = made_between(input.from.as_ref(), input.to.as_ref())?;
        if format == Format::Bundle && between.is_some() {
            let pointer = if input.from.is_some() { "/from" } else { "/to" };
            return Err(Problem::invalid(
                pointer,
                "a bundle is whole: what it leaves out could not be proven",
            ));
        }
        let (first, last) = between.unzip();
        let log = Log::here(cx);
        let item = ExportItem {
            id: ExportId::new(cx.now()),
            region: log.region,
            shard: log.shard,
            created_by: cx.principal().id(),
            created_at: cx.now(),
            format,
            first,
            last,
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
