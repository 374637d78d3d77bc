//! `render_documents`: makes every form of what has been issued, once: kept sealed beside it, and in the archive under Object Lock.
//!
//! Whoever is killed in between leaves copies in the archive that nobody has the key of; the next run makes the forms anew, which are
//! the same bytes, and further versions of the copies. All that is kept of them is one transaction, so that one run wins.

use crate::legal::{
    Form, Format, IssuedDocument, RenderedForm,
    archived::{ArchiveKey, Place as At, locked_until},
    render::form,
    sha256,
};
use futures::future::BoxFuture;
use serde_json::Value;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    issued::{Issued, QUEUE},
    problem::Problem,
    road::Context,
    store::{Changes, Table},
    triggers,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// The worker. No other function makes a PDF.
pub const WORKER: Worker = Worker {
    name: "render_documents",
    service: "billing",
    trigger: Trigger::Queue(QUEUE),
    place: Place::Home,
    summary: "Render issued invoices and credit notes, once, and archive them",
    uses: &[
        Uses::Archive,
        Uses::Write(Table::Billing),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Pii),
    ],
    batch: 10,
    timeout: 60,
    run,
};

fn run(work: Arc<Work>, event: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let mut failed = Vec::new();
        for message in triggers::messages(event)? {
            let Ok(issued) = serde_json::from_str::<Issued>(&message.body) else {
                // It would never parse.
                tracing::error!(message = message.message_id, "a message names no document");
                continue;
            };
            if let Err(problem) = render(&work.context(&issued.tenant), &issued.of).await {
                tracing::warn!(
                    document = issued.of,
                    code = problem.code,
                    internal = problem.internal,
                    "a document is rendered later"
                );
                failed.push(message.message_id);
            }
        }
        Ok(triggers::failures(failed))
    })
}

/// Renders a document unless that has been done, or its term has ended.
async fn render(cx: &Context, of: &str) -> Result<(), Problem> {
    let Some(old) = cx.find::<IssuedDocument>(of).await? else {
        return Ok(());
    };
    if old.rendered_at.is_some() || !cx.at_home().await? {
        return Ok(());
    }
    let Some(cipher) = cx.cipher_of(&old.retained, Purpose::Pii).await? else {
        return Ok(());
    };
    cx.may(Uses::Archive)?;
    let (document, key) = (old.open(&cipher)?, ArchiveKey::new());
    let until = locked_until(&old.retained)?;
    let (mut changes, mut forms) = (Changes::new().concerning(of), Vec::new());
    for format in Format::ALL {
        let bytes = match form(&document, format)? {
            Ok(bytes) => bytes,
            Err(rule) => {
                forms.push(Form {
                    format,
                    sha256: None,
                    bytes: None,
                    refused: Some(rule),
                });
                continue;
            }
        };
        let at = At {
            tenant: cx.tenant(),
            of,
            format,
        };
        let copy = key.copy(&at, &bytes)?;
        let archive = cx.app().archive().await?;
        let name = at.name();
        let put = archive.put(&name, "application/octet-stream", copy, Some(until));
        let archived = put.await.map_err(Problem::unavailable)?;
        let kept = RenderedForm::new(of, format, &bytes, &cipher, archived.version)?;
        changes = changes.write(cx.create(&kept)?);
        forms.push(Form {
            format,
            sha256: Some(sha256(&bytes)),
            bytes: u32::try_from(bytes.len()).ok(),
            refused: None,
        });
    }
    let next = IssuedDocument {
        forms,
        archive_key: Some(key.sealed(&cipher, of)?),
        rendered_at: Some(cx.now()),
        ..old.item.clone()
    };
    match cx.commit(changes.write(cx.replace(&old, &next)?)).await {
        // A lost race: another run has rendered the same.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
