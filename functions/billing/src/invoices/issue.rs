//! Issuing an invoice: the next number, its document, what it takes of the wallet and what it posts, in the transaction of whoever
//! issues it.

use super::{
    InvoiceCounter, InvoiceItem, InvoiceStatus, InvoiceSummary, books, document, prepare::Prepared,
    texts::Texts,
};
use crate::{
    legal::IssuedDocument,
    tax::settings::{SERIES, Settings},
    wallets::{self, MovementKind},
};
use shared::{
    problem::Problem,
    road::Context,
    store::{Changes, Event},
};

/// An invoice that will be issued, and everything that changes with it but the invoice itself.
pub struct Issued {
    /// The invoice, numbered and sealed. Whoever issues it writes it.
    pub invoice: InvoiceItem,
    /// What stands on it.
    pub texts: Texts,
    /// What changes beside it.
    pub changes: Changes,
}

/// Numbers what was prepared. Whoever commits the changes declares `Uses::Post`, the key of the purpose `Pii`, and writes billing and
/// keys.
///
/// # Errors
/// 409 unless it is a draft; 500, 503.
pub async fn issue(cx: &Context, prepared: Prepared) -> Result<Issued, Problem> {
    let (mut next, texts, counter) = (prepared.invoice, prepared.texts, prepared.counter);
    // What is issued is kept as tax law has it kept, whoever is erased.
    let (retention, new_key) = cx.retention(prepared.today.date().year()).await?;
    next.texts = Some(texts.sealed(&retention, next.id.as_str())?);
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
    let after = InvoiceSummary::from(&next);
    let id = next.id.as_str();
    let mut changes = Changes::new()
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
    let changes = ledger::post(cx, changes, books::finalized(&next)).await?;
    Ok(Issued {
        invoice: next,
        texts,
        changes,
    })
}
