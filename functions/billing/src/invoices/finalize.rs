//! `POST /billing/v1/invoices/{id}/finalize`: taxed, the next number, without a gap; frozen from then on.

use super::{
    Invoice, InvoiceCounter, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary, books, texts::Texts,
};
use crate::{
    customers::CustomerItem,
    tax::{
        Day, TaxSettingsItem, Treatment,
        decide::{BuyerPlace, treatment},
        settings::{SERIES, Settings},
    },
    wallets::{self, MovementKind, WalletItem},
};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Stored, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
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
        let today = Day::of(cx.now());
        let Read {
            customer,
            counter,
            settings,
            wallet,
        } = Read::all(cx, &old, &today).await?;
        let (customer, cipher) = (customer.item, cx.customer_cipher(old.customer.as_str()).await?);
        let mut texts = Texts::open(&cipher, &old)?.unwrap_or_default();
        let buyer = customer.buyer(&cipher)?;
        let mut next = old.item.clone();
        let settings = settings.as_ref().map(|stored| &stored.item.settings);
        next.taxed(settings, &buyer, &today)?;
        // Their credit pays what it can, after tax.
        let used = wallet
            .as_ref()
            .map(|wallet| wallet.used(next.currency, next.total, cx.now()));
        if let Some((_, burned)) = &used {
            next.settlement.wallet = burned.iter().map(|burned| burned.amount).sum();
            next.burned.clone_from(burned);
        }
        let days = next.due_days.or(buyer.details.due_days);
        let days = days.or(settings.and_then(|set| set.due_days));
        (next.due_on, next.issued_on) = (days.map(|days| today.after(days)), Some(today.clone()));
        texts.seller = settings.map(|set| set.seller.clone());
        texts.buyer = Some(buyer);
        // What is issued is kept as tax law has it kept, whoever is erased.
        let (retention, new_key) = cx.retention(today.date().year()).await?;
        next.texts = Some(texts.sealed(&retention, old.id.as_str())?);
        next.retained = Some(retention.subject().to_owned());
        next.forget_in_clear();
        let series = settings.map_or(SERIES, Settings::series);
        next.series = (series != SERIES).then(|| series.to_owned());
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
        if let (Some(wallet), Some((left, _))) = (&wallet, &used)
            && next.settlement.wallet > 0
        {
            let sum = (next.currency, -next.settlement.wallet);
            changes = changes.write(cx.replace(wallet, left)?).write(wallets::moved(
                cx,
                &next.customer,
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
        Ok(Outcome::changed(
            Invoice::with(cx, &next, Some(&texts)).await?,
            changes,
        ))
    }
}

/// What an invoice is issued with.
struct Read {
    customer: Stored<CustomerItem>,
    counter: Option<Stored<InvoiceCounter>>,
    settings: Option<Stored<TaxSettingsItem>>,
    wallet: Option<Stored<WalletItem>>,
}

impl Read {
    /// Reads it: the settings and the first counter have come with the caller, and one more call brings the customer with their key,
    /// the key of the year, and the counter of another series.
    async fn all(cx: &Context, invoice: &InvoiceItem, today: &Day) -> Result<Self, Problem> {
        invoice.issuable()?;
        let settings = cx.find::<TaxSettingsItem>(TaxSettingsItem::ID).await?;
        let series = settings.as_ref().map_or(SERIES, |s| s.settings.series());
        let counter = InvoiceCounter::id_of(series);
        let id = invoice.customer.as_str();
        let year = Context::retention_subject(today.date().year());
        let (at, count) = (cx.key::<CustomerItem>(id), cx.key::<InvoiceCounter>(counter));
        let purse = cx.key::<WalletItem>(id);
        let mut keys = vec![
            at.clone(),
            purse.clone(),
            SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
            SubjectKeyItem::key(cx.tenant(), &year, Purpose::Pii),
        ];
        keys.extend((counter != InvoiceCounter::ID).then(|| count.clone()));
        let mut batch = cx.batch(&keys).await?;
        let customer = batch.take::<CustomerItem>(&at)?;
        Ok(Self {
            customer: customer.ok_or_else(Problem::not_found)?,
            counter: match counter {
                InvoiceCounter::ID => cx.find::<InvoiceCounter>(counter).await?,
                _ => batch.take::<InvoiceCounter>(&count)?,
            },
            settings,
            wallet: batch.take::<WalletItem>(&purse)?,
        })
    }
}

impl InvoiceItem {
    /// Taxes it: not at all where the tenant has set nothing.
    fn taxed(
        &mut self,
        settings: Option<&Settings>,
        buyer: &crate::parties::Buyer,
        today: &Day,
    ) -> Result<(), Problem> {
        let Some(settings) = settings else {
            return self.priced(&vec![Treatment::none(); self.lines.len()], false);
        };
        let country = buyer.country.as_ref().ok_or_else(|| {
            let text = "The customer has no country, which tax depends on: set it first.";
            Problem::conflict("buyer_country_missing", text)
        })?;
        let place = BuyerPlace {
            country,
            tax_ids: &buyer.details.tax_ids,
        };
        let decided = self.lines.iter();
        let decided = decided.map(|line| treatment(settings, &place, &line.sold(), today));
        let treatments = decided.collect::<Result<Vec<_>, _>>()?;
        self.priced(&treatments, settings.inclusive)
    }

    /// What stood there in clear, before texts were sealed, is sealed with the rest.
    pub(super) fn forget_in_clear(&mut self) {
        (self.memo, self.reference) = (None, None);
        for line in &mut self.lines {
            line.description = None;
        }
    }
}
