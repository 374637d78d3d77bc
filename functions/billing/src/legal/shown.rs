//! A document as answered.

use super::{Form, Format, IssuedDocument, RenderedForm};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::Outcome,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Key, Stored},
    time::Instant,
};

/// Whether a document has been rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DocumentStatus")]
pub enum DocumentStatus {
    /// Not yet: ask again in a moment.
    Pending,
    /// Once and for all.
    Ready,
}

/// The document of an invoice or credit note.
#[derive(Record, Serialize)]
pub struct LegalDocument {
    /// The invoice or credit note.
    #[public]
    of: String,
    /// Whether it has been rendered.
    #[public]
    status: DocumentStatus,
    /// When it was issued (RFC 3339 UTC).
    #[public]
    issued_at: Instant,
    /// Its forms; none until it is rendered.
    #[nested]
    forms: Vec<Form>,
    /// The form that was asked for, once it is rendered.
    #[nested]
    content: Option<DocumentContent>,
}

/// A form of a document, whole.
#[derive(Record, Serialize)]
pub struct DocumentContent {
    /// Which form.
    #[public]
    format: Format,
    /// Its media type.
    #[public]
    media_type: String,
    /// SHA-256 of its bytes, in hex.
    #[internal]
    sha256: String,
    /// Its bytes, in base64.
    #[personal]
    body: String,
}

/// The document that was frozen when something was issued, and the form that is asked for. One read beside what has been read with the
/// caller.
///
/// # Errors
/// 409 `no_document`, `einvoice_not_possible`; 404 once its key has been destroyed.
pub(crate) async fn document(
    cx: &Context,
    of: &str,
    format: Option<Format>,
) -> Result<Outcome<LegalDocument>, Problem> {
    let item = cx
        .find::<IssuedDocument>(of)
        .await?
        .ok_or_else(|| Problem::conflict("no_document", "Nobody had said who sells when this was issued."))?;
    let mut answer = LegalDocument {
        of: of.to_owned(),
        status: DocumentStatus::Pending,
        issued_at: item.issued_at.into(),
        forms: item.forms.clone(),
        content: None,
    };
    if item.rendered_at.is_none() {
        return Ok(Outcome::read(answer)
            .header("retry-after", "2".into())
            .concerning(of));
    }
    answer.status = DocumentStatus::Ready;
    if let Some(format) = format {
        answer.content = Some(content(cx, &item, format).await?);
    }
    Ok(Outcome::read(answer).concerning(of))
}

async fn content(
    cx: &Context,
    item: &Stored<IssuedDocument>,
    format: Format,
) -> Result<DocumentContent, Problem> {
    let form = item.forms.iter().find(|form| form.format == format);
    if let Some(rule) = form.and_then(|form| form.refused.as_ref()) {
        let text = "The document does not keep a rule of this form.";
        let refused = Problem::conflict("einvoice_not_possible", text);
        return Err(refused.with("rule", rule.clone().into()));
    }
    let key = Key::sub::<RenderedForm>(cx.tenant(), &item.of, format.name());
    let subject = SubjectKeyItem::key(cx.tenant(), &item.retained, Purpose::Pii);
    let mut batch = cx.batch(&[key.clone(), subject.clone()]).await?;
    let found = batch.take::<RenderedForm>(&key)?.ok_or_else(Problem::not_found)?;
    // Its term has ended.
    let subject = batch
        .take::<SubjectKeyItem>(&subject)?
        .ok_or_else(Problem::not_found)?;
    let body = found.open(&cx.subject(&subject).await?)?;
    Ok(DocumentContent {
        format,
        media_type: format.media_type().to_owned(),
        sha256: found.sha256.clone(),
        body: STANDARD.encode(&*body),
    })
}
