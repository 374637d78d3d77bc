//! `POST /billing/v1/invoices/{id}/finalize`: taxed, the next number, without a gap; frozen from then on.

use super::{
    Invoice, InvoiceCounter, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary, books, document,
    prepare::{Prepared, PreviewHash},
};
use crate::{
    legal::IssuedDocument,
    tax::{
        TaxSettingsItem,
        settings::{SERIES, Settings},
    },
    wallets::{self, MovementKind},
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// The hash of a preview: refused where anything would differ from it.
    #[public]
    preview: Option<PreviewHash>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Finalize;

impl Endpoint for Finalize {
    const DECLARATION: Declaration = Declaration::new(
        "finalize_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/finalize",
        Access::Right(&rbac::INVOICE_FINALIZE),
        Audit::Change,
        "Tax an invoice and give it its number; it is frozen and due from then on",
    )
    .soap("finalizeInvoice")
    .refuses(&[
        codes::BUYER_COUNTRY_MISSING,
        codes::CUSTOMER_ERASED,
        codes::PREVIEW_DIFFERS,
        codes::TAX_RATE_MISSING,
        codes::WRONG_STATE,
    ])
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Post,
    ]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let counter = Key::of::<InvoiceCounter>(at.tenant, InvoiceCounter::ID);
        let settings = Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID);
        vec![at.key::<InvoiceItem>(), counter, settings]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let prepared = Prepared::of(cx, &old, true).await?;
        prepared.is_as(input.preview.as_ref())?;
        let (mut next, texts, counter) = (prepared.invoice, prepared.texts, prepared.counter);
        // What is issued is kept as tax law has it kept, whoever is erased.
        let (retention, new_key) = cx.retention(prepared.today.date().year()).await?;
        next.texts = Some(texts.sealed(&retention, old.id.as_str())?);
        next.retained = Some(retention.subject().to_owned());
        let settings = prepared.settings.as_ref();
        let series = settings.map_or(SERIES, Settings::series);
        let mut moved = counter
            .as_ref()
            .map_or_else(|| InvoiceCounter::new(series), |c| c.item.clone());
        moved.last = moved
            .last
            .checked_add(1)
            .ok_or_else(|| Problem::internal("the invoice numbers have run out"))?;
        let next = next.finalized(moved.last, cx.now())?;
        // The counter moves with the invoice or not at all, so no number is lost and none is given twice.
        let count = match &counter {
            Some(counter) => cx.replace(counter, &moved)?,
            None => cx.create(&moved)?,
        };
        let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
        let id = next.id.as_str();
        let mut changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .write(count)
            .event(Event::about("invoice.finalized", id, &after).of(&next));
        changes.writes.extend(new_key);
        if let Some(said) = document::of(&next, &texts, settings.and_then(|set| set.profile))? {
            changes = changes.write(cx.create(&IssuedDocument::new(id, &said, &retention, cx.now())?)?);
        }
        if let Some((wallet, left)) = &prepared.wallet {
            let (customer, sum) = (&next.customer, (next.currency, -next.settlement.wallet));
            changes = changes.write(cx.replace(wallet, left)?).write(wallets::moved(
                cx,
                customer,
                MovementKind::Used,
                sum,
                id,
            )?);
        }
        if next.status == InvoiceStatus::Paid {
            changes = changes.event(Event::about("invoice.paid", id, &after).of(&next));
        }
        let changes = changes.object(id, Some(&before), Some(&after));
        let changes = ledger::post(cx, changes, books::finalized(&next)).await?;
        let answer = Invoice::with(cx, &next, Some(&texts)).await?;
        Ok(Outcome::changed(answer, changes))
    }
}
