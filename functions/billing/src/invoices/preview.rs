//! `POST /billing/v1/invoices/{id}/preview`: what a draft would be if it were issued now, by the code that issues it.

use super::{
    Invoice, InvoiceId, InvoiceItem,
    prepare::{Prepared, PreviewHash},
};
use crate::tax::TaxSettingsItem;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The draft.
    #[public]
    id: InvoiceId,
}

/// What a draft would be.
#[derive(Record, Serialize)]
pub struct InvoicePreview {
    /// What this preview is known by; `finalize` takes it as `preview`, and refuses where anything would differ.
    #[public]
    pub hash: PreviewHash,
    /// The invoice, but for its number.
    #[nested]
    pub invoice: Invoice,
}

/// The endpoint.
#[derive(Debug)]
pub struct Preview;

impl Endpoint for Preview {
    const DECLARATION: Declaration = Declaration::new(
        "preview_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/preview",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Sensitive,
        "See what a draft would be if it were issued now",
    )
    .reads_only()
    .refuses(&[
        codes::BUYER_COUNTRY_MISSING,
        codes::CUSTOMER_ERASED,
        codes::TAX_RATE_MISSING,
        codes::WRONG_STATE,
    ])
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = InvoicePreview;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let settings = Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID);
        vec![at.key::<InvoiceItem>(), settings]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<InvoicePreview>, Problem> {
        let draft = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let prepared = Prepared::of(cx, &draft, false).await?;
        let answer = InvoicePreview {
            hash: prepared.hash()?,
            invoice: Invoice::with(cx, &prepared.invoice, Some(&prepared.texts)).await?,
        };
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}
