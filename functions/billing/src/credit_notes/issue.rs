//! How a credit note is issued: the same for one that is asked for and for the one that voids an invoice.

use super::{
    CreditNoteCounter, CreditNoteId, CreditNoteItem, CreditNoteLine, CreditNoteTax, Destination, NoteTexts,
    document,
};
use crate::{
    compute::note::{self, Group, Note},
    invoices::{InvoiceItem, InvoiceStatus, InvoiceSummary, texts::Texts},
    legal::IssuedDocument,
    tax::{
        Day, TaxSettingsItem, Treatment,
        settings::{NOTE_SERIES, Profile},
    },
    wallets::{self, Grant, MovementKind, WalletGrantId, WalletItem},
};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    problem::Problem,
    record::FieldError,
    road::Context,
    store::{Changes, Event, Key, Stored},
    text::Line,
};

/// What is to be credited.
pub struct Asked {
    /// Lines by their places, each with the net to credit, or all that is left; all of them where this is none.
    pub lines: Option<Vec<(usize, Option<i64>)>>,
    /// Where what was paid goes.
    pub to: Destination,
    /// Why.
    pub reason: Option<Line>,
    /// Whether the invoice is void afterwards.
    pub voids: bool,
}

/// A note, the invoice after it, and the changes of both.
pub struct Issue {
    /// The note.
    pub note: CreditNoteItem,
    /// The invoice.
    pub invoice: InvoiceItem,
    /// What stands on the invoice; none once its key is gone.
    pub texts: Option<Texts>,
    /// The changes.
    pub changes: Changes,
}

/// What a note needs beside its invoice.
struct Beside {
    counter: Option<Stored<CreditNoteCounter>>,
    wallet: Option<Stored<WalletItem>>,
    series: String,
    profile: Option<Profile>,
}

impl Beside {
    /// Reads it in one call, with the keys that the texts are sealed under.
    async fn read(
        cx: &Context,
        invoice: &InvoiceItem,
        settings: Option<&TaxSettingsItem>,
        today: &Day,
    ) -> Result<Self, Problem> {
        let series = settings.map_or(NOTE_SERIES, |s| s.settings.note_series());
        let customer = invoice.customer.as_str();
        let year = Context::retention_subject(today.date().year());
        let (count, wallet) = (
            cx.key::<CreditNoteCounter>(series),
            cx.key::<WalletItem>(customer),
        );
        let mut keys = invoice.keys(cx.tenant());
        keys.extend([
            wallet.clone(),
            count.clone(),
            SubjectKeyItem::key(cx.tenant(), &year, Purpose::Pii),
        ]);
        keys.sort();
        keys.dedup();
        let mut batch = cx.batch(&keys).await?;
        Ok(Self {
            counter: batch.take::<CreditNoteCounter>(&count)?,
            wallet: batch.take::<WalletItem>(&wallet)?,
            series: series.to_owned(),
            profile: settings.and_then(|set| set.settings.profile),
        })
    }
}

impl Issue {
    /// What is best read with the caller.
    #[must_use]
    pub fn ahead(tenant: &shared::ids::TenantId) -> Vec<Key> {
        vec![
            Key::of::<TaxSettingsItem>(tenant, TaxSettingsItem::ID),
            Key::of::<CreditNoteCounter>(tenant, NOTE_SERIES),
        ]
    }

    /// Issues a note on an invoice.
    ///
    /// # Errors
    /// 409 in a state that allows none, 422 for more than is left, 503.
    pub async fn of(
        cx: &Context,
        old: &Stored<InvoiceItem>,
        settings: Option<&TaxSettingsItem>,
        asked: Asked,
    ) -> Result<Self, Problem> {
        old.creditable()?;
        let today = Day::of(cx.now());
        let Beside {
            counter,
            wallet,
            series,
            profile,
        } = Beside::read(cx, old, settings, &today).await?;
        let mut next = old.item.clone();
        next.as_if_taxed()?;
        let note = next.next_note(asked.lines)?;
        let (reduced, returned) = next.credit(&note, asked.voids, cx.now());
        let texts = Texts::of(cx, old).await?;
        let (retention, new_key) = cx.retention(today.date().year()).await?;
        let id = CreditNoteId::new(cx.now());
        let frozen = NoteTexts {
            reason: asked.reason,
            invoice: texts.clone().unwrap_or_default(),
        };
        let taxes = note.groups.iter().filter_map(|share| {
            let tax = next.taxes.get(share.group)?;
            Some(CreditNoteTax {
                treatment: tax.treatment.clone(),
                net: share.net,
                tax: share.tax,
            })
        });
        let line = |(at, net): &(usize, i64)| {
            let line = u32::try_from(*at).ok()?;
            Some(CreditNoteLine { line, net: *net })
        };
        let last = counter.as_ref().map_or(0, |counter| counter.last);
        let sequence = last
            .checked_add(1)
            .ok_or_else(|| Problem::internal("the numbers of credit notes have run out"))?;
        let item = CreditNoteItem {
            texts: frozen.sealed(&retention, id.as_str())?,
            retained: retention.subject().to_owned(),
            id,
            sequence,
            series: series.clone(),
            invoice: old.id.clone(),
            invoice_number: old.number(),
            customer: old.customer.clone(),
            currency: old.currency,
            lines: note.lines.iter().filter_map(line).collect(),
            taxes: taxes.collect(),
            total: note.total,
            reduced,
            returned,
            to: asked.to,
            issued_on: today,
            created_at: cx.now(),
        };
        // The counter moves with the note or not at all, so no number is lost and none is given twice.
        let moved = CreditNoteCounter {
            last: sequence,
            series,
        };
        let count = match &counter {
            Some(counter) => cx.replace(counter, &moved)?,
            None => cx.create(&moved)?,
        };
        // An answer is kept under the key of what is written first: that of the year, unless the invoice has something of its customer's.
        let mut writes = vec![cx.create(&item)?, cx.replace(old, &next)?];
        if next.metadata.is_some() {
            writes.reverse();
        }
        let mut changes = writes
            .into_iter()
            .fold(Changes::new(), Changes::write)
            .write(count);
        changes.writes.extend(new_key);
        if returned > 0 && asked.to == Destination::Wallet {
            changes = give_back(cx, changes, wallet, &next, &item, asked.voids)?;
        }
        if let Some(said) = document::of(&item, &frozen, &next, profile)? {
            let kept = IssuedDocument::new(item.id.as_str(), &said, &retention, cx.now())?;
            changes = changes.write(cx.create(&kept)?);
        }
        let summary = super::CreditNote::of(&item, None);
        let event = Event::about("credit_note.created", item.id.as_str(), &summary).of(&item);
        changes = changes.event(event);
        let after = InvoiceSummary::from(&next);
        if next.status != old.status {
            let kind = match next.status {
                InvoiceStatus::Void => "invoice.voided",
                _ => "invoice.paid",
            };
            changes = changes.event(Event::about(kind, next.id.as_str(), &after).of(&next));
        }
        let changes = ledger::post(cx, changes, super::books::credited(&item, &next)).await?;
        Ok(Self {
            note: item,
            invoice: next,
            texts,
            changes,
        })
    }
}

/// Makes what was paid the customer's credit: what came from their wallet as it was there where the invoice is voided, the rest anew.
fn give_back(
    cx: &Context,
    mut changes: Changes,
    wallet: Option<Stored<WalletItem>>,
    invoice: &InvoiceItem,
    note: &CreditNoteItem,
    voids: bool,
) -> Result<Changes, Problem> {
    let customer = &invoice.customer;
    let before = wallet
        .as_ref()
        .map_or_else(|| WalletItem::new(customer), |w| w.item.clone());
    let (mut next, mut left) = (before, note.returned);
    let grant = |amount, cost, priority, expires_at| Grant {
        id: WalletGrantId::new(cx.now()),
        currency: note.currency,
        amount,
        left: amount,
        cost,
        priority,
        expires_at,
        created_at: cx.now(),
    };
    if voids {
        for burned in &invoice.burned {
            let amount = burned.amount.min(left);
            next = next.given(grant(amount, burned.cost, burned.priority, burned.expires_at))?;
            left -= amount;
        }
    }
    if left > 0 {
        next = next.given(grant(left, left, 0, None))?;
    }
    let kind = if voids {
        MovementKind::Restored
    } else {
        MovementKind::Credited
    };
    let sum = (note.currency, note.returned);
    changes = changes
        .write(wallets::keep(cx, wallet.as_ref(), &next)?)
        .write(wallets::moved(cx, customer, kind, sum, note.id.as_str())?);
    Ok(changes)
}

impl InvoiceItem {
    /// Whether a credit note on it can be issued.
    ///
    /// # Errors
    /// 409 unless it is open or paid, and no payment of it is under way.
    pub fn creditable(&self) -> Result<(), Problem> {
        if !matches!(self.status, InvoiceStatus::Open | InvoiceStatus::Paid) {
            return Err(self.refused("Only an open or paid invoice can be credited."));
        }
        self.not_pending()
    }

    /// One that was issued before there was tax is taken as one that nothing is taxed on.
    fn as_if_taxed(&mut self) -> Result<(), Problem> {
        if self.taxes.is_empty() && !self.lines.is_empty() {
            self.priced(&vec![Treatment::none(); self.lines.len()], false)?;
        }
        Ok(())
    }

    /// What the next note on it is over.
    fn next_note(&self, asked: Option<Vec<(usize, Option<i64>)>>) -> Result<Note, Problem> {
        let whole = || (0..self.lines.len()).map(|at| (at, None)).collect();
        let asked = asked.unwrap_or_else(whole);
        let lines = self.lines.iter().map(|line| note::Line {
            net: line.net.unwrap_or(line.amount),
            credited: line.credited,
            group: line
                .tax
                .and_then(|at| usize::try_from(at).ok())
                .unwrap_or_default(),
        });
        let lines: Vec<note::Line> = lines.collect();
        let groups: Vec<Group> = self.taxes.iter().map(Group::from).collect();
        let made = note::next(&lines, &groups, &asked).map_err(|refused| {
            let pointer = refused
                .at
                .map_or("/lines".to_owned(), |at| format!("/lines/{at}"));
            Problem::validation(vec![FieldError {
                pointer,
                detail: refused.why.to_owned(),
            }])
        })?;
        let gone = &self.settlement;
        let left = self.total - gone.credited - gone.returned;
        if made.total > left {
            return Err(Problem::invalid("/lines", "is more than is left of the invoice"));
        }
        if made.total == 0 {
            return Err(Problem::invalid("/lines", "would credit nothing"));
        }
        Ok(made)
    }

    /// Notes what a note takes back: how much of it was owed, and how much had been paid.
    fn credit(&mut self, note: &Note, voids: bool, now: shared::time::Timestamp) -> (i64, i64) {
        for (at, net) in &note.lines {
            if let Some(line) = self.lines.get_mut(*at) {
                line.credited += net;
            }
        }
        for share in &note.groups {
            if let Some(tax) = self.taxes.get_mut(share.group) {
                tax.credited_net += share.net;
                tax.credited_tax += share.tax;
            }
        }
        // One of before sums were kept was paid as a whole.
        self.settlement.paid = self.paid();
        let reduced = note.total.min(self.due());
        let returned = note.total - reduced;
        self.settlement.credited += reduced;
        self.settlement.returned += returned;
        let unpaid = self.settlement.paid == 0 && self.status == InvoiceStatus::Open;
        let gone = self.settlement.credited + self.settlement.returned == self.total;
        if voids || (unpaid && gone) {
            self.status = InvoiceStatus::Void;
        } else if self.status == InvoiceStatus::Open && self.due() == 0 {
            (self.status, self.paid_at) = (InvoiceStatus::Paid, Some(now));
        }
        (reduced, returned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        amounts::UnitAmount,
        compute::{Rate, Units},
        invoices::{KeptLine, resolve::Resolution, tests::draft},
        tax::Category,
    };
    use proptest::prelude::*;
    use shared::time::Timestamp;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn treatment(rate: &str) -> Treatment {
        Treatment {
            category: Category::S,
            rate: Rate::parse(rate).unwrap(),
            ..Treatment::none()
        }
    }

    /// An issued invoice of these nets, each at the first or the second rate, of which the wallet has paid some.
    fn issued(nets: &[(i64, bool)], inclusive: bool, wallet: i64) -> InvoiceItem {
        let line = |(net, _): &(i64, bool)| {
            let unit = UnitAmount::parse(&net.to_string()).unwrap();
            KeptLine::new(Units::parse("1").unwrap(), unit, *net)
        };
        let mut invoice = InvoiceItem {
            lines: nets.iter().map(line).collect(),
            ..draft(0)
        };
        let treatments: Vec<Treatment> = nets
            .iter()
            .map(|(_, reduced)| treatment(if *reduced { "7" } else { "19" }))
            .collect();
        invoice.priced(&treatments, inclusive).unwrap();
        invoice.settlement.wallet = wallet.min(invoice.total);
        invoice.finalized(1, NOW).unwrap()
    }

    fn adds_up(invoice: &InvoiceItem) {
        let gone = &invoice.settlement;
        let sum = gone.wallet + gone.paid + gone.credited + gone.written_off + invoice.due();
        assert_eq!(sum, invoice.total, "{invoice:?}");
        assert!(invoice.due() >= 0 && gone.returned >= 0 && gone.credited >= 0);
        assert!(
            gone.returned <= gone.paid + gone.wallet,
            "never more than was paid"
        );
        let notes: i64 = invoice
            .taxes
            .iter()
            .map(|tax| tax.credited_net + tax.credited_tax)
            .sum();
        assert_eq!(notes, gone.credited + gone.returned);
        for (place, tax) in (0u32..).zip(&invoice.taxes) {
            let lines = invoice.lines.iter().filter(|line| line.tax == Some(place));
            assert_eq!(lines.map(|line| line.credited).sum::<i64>(), tax.credited_net);
            assert!((0..=tax.net).contains(&tax.credited_net) && (0..=tax.tax).contains(&tax.credited_tax));
        }
    }

    proptest! {
        #[test]
        fn notes_and_payments_and_what_is_open_are_the_total_whatever_happens(
            nets in proptest::collection::vec((1i64..100_000, proptest::bool::ANY), 1..6),
            inclusive in proptest::bool::ANY, wallet in 0i64..50_000,
            steps in proptest::collection::vec((0u8..5, 0usize..6, 0i64..=100), 0..25),
        ) {
            let mut invoice = issued(&nets, inclusive, wallet);
            adds_up(&invoice);
            for (step, at, percent) in steps {
                let at = at % nets.len();
                let next = match step {
                    0 | 1 => {
                        if invoice.creditable().is_err() { continue }
                        let left = invoice.lines[at].net.unwrap() - invoice.lines[at].credited;
                        let asked = vec![(at, Some(left * percent / 100))];
                        let Ok(note) = invoice.next_note(Some(asked)) else { continue };
                        let mut next = invoice.clone();
                        let (reduced, returned) = next.credit(&note, false, NOW);
                        prop_assert_eq!(reduced + returned, note.total);
                        Ok(next)
                    }
                    2 => invoice.resolved(Resolution::Paid, NOW),
                    3 => invoice.resolved(Resolution::Uncollectible, NOW),
                    _ => invoice.resolved(Resolution::Open, NOW),
                };
                if let Ok(next) = next {
                    adds_up(&next);
                    invoice = next;
                }
            }
            // What is left can be credited as a whole, and then nothing is.
            if invoice.creditable().is_ok() && let Ok(rest) = invoice.next_note(None) {
                invoice.credit(&rest, false, NOW);
                adds_up(&invoice);
                prop_assert!(invoice.taxes.iter().all(|tax| (tax.credited_net, tax.credited_tax) == (tax.net, tax.tax)));
                prop_assert!(invoice.next_note(None).is_err());
            }
        }
    }

    #[test]
    fn an_invoice_of_before_there_was_tax_can_be_credited() {
        let mut invoice = draft(700).finalized(1, NOW).unwrap();
        assert!(invoice.taxes.is_empty());
        invoice.as_if_taxed().unwrap();
        let note = invoice.next_note(None).unwrap();
        assert_eq!(invoice.credit(&note, true, NOW), (700, 0));
        assert_eq!((invoice.status, invoice.due()), (InvoiceStatus::Void, 0));
        // One that was paid before sums were kept was paid as a whole.
        let mut paid = draft(700).finalized(1, NOW).unwrap();
        paid.status = InvoiceStatus::Paid;
        paid.as_if_taxed().unwrap();
        assert_eq!(paid.credit(&note, false, NOW), (0, 700));
        assert_eq!((paid.status, paid.settlement.paid), (InvoiceStatus::Paid, 700));
    }
}
