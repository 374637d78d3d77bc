//! What an invoice will be once it is issued: the same for a preview and for what is then issued.

use super::{InvoiceCounter, InvoiceItem, texts::Texts};
use crate::{
    customers::CustomerItem,
    parties::Buyer,
    tax::{
        Day, TaxSettingsItem,
        decide::{BuyerPlace, treatment},
        settings::{SERIES, Settings},
    },
    wallets::WalletItem,
};
use aws_lc_rs::digest;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    ids::CustomerId,
    problem::Problem,
    road::Context,
    store::Stored,
};

shared::text_type!(
    /// What a preview is known by: equal as long as nothing of what will be issued differs.
    PreviewHash, "^[0-9a-f]{64}$", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", |t| {
        let good = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if t.len() == 64 && t.bytes().all(good) { Ok(t.to_owned()) } else { Err("is not the hash of a preview") }
    }
);

/// An invoice as it will be issued, but for its number and its seal.
pub struct Prepared {
    /// The invoice: taxed, dated, paid from the wallet as far as that goes.
    pub invoice: InvoiceItem,
    /// What stands on it.
    pub texts: Texts,
    /// The wallet, as it is and as it will be.
    pub wallet: Option<(Stored<WalletItem>, WalletItem)>,
    /// The counter of its series, where there is one and it was asked for.
    pub counter: Option<Stored<InvoiceCounter>>,
    /// What the tenant has set.
    pub settings: Option<Settings>,
    /// The day of issue.
    pub today: Day,
}

/// What an invoice of a customer is prepared with.
pub struct Found {
    /// The customer.
    pub customer: Stored<CustomerItem>,
    wallet: Option<Stored<WalletItem>>,
    counter: Option<Stored<InvoiceCounter>>,
    settings: Option<Settings>,
}

impl Found {
    /// One call brings a customer with their key and wallet, the key of the year and, where they have not come with the caller, the
    /// settings and the first counter; the counter of another series is one more, where it is asked for.
    ///
    /// # Errors
    /// 404 when there is no such customer; 503.
    pub async fn read(cx: &Context, customer: &CustomerId, counts: bool) -> Result<Self, Problem> {
        let (today, id) = (Day::of(cx.now()), customer.as_str());
        let year = Context::retention_subject(today.date().year());
        let (customer, purse) = (cx.key::<CustomerItem>(id), cx.key::<WalletItem>(id));
        let set = cx.key::<TaxSettingsItem>(TaxSettingsItem::ID);
        let first = cx.key::<InvoiceCounter>(InvoiceCounter::ID);
        let keys = [
            customer.clone(),
            purse.clone(),
            set.clone(),
            first.clone(),
            SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
            SubjectKeyItem::key(cx.tenant(), &year, Purpose::Pii),
        ];
        let mut batch = cx.batch(&keys).await?;
        let customer = batch
            .take::<CustomerItem>(&customer)?
            .ok_or_else(Problem::not_found)?;
        let wallet = batch.take::<WalletItem>(&purse)?;
        let settings = batch.take::<TaxSettingsItem>(&set)?;
        let settings = settings.map(|stored| stored.item.settings);
        let series = settings.as_ref().map_or(SERIES, Settings::series);
        let counter = match InvoiceCounter::id_of(series) {
            InvoiceCounter::ID => batch.take::<InvoiceCounter>(&first)?,
            other if counts => cx.find::<InvoiceCounter>(other).await?,
            _ => None,
        };
        Ok(Self {
            customer,
            wallet,
            counter,
            settings,
        })
    }

    /// Prepares a draft of theirs.
    ///
    /// # Errors
    /// 409 unless it is a draft that can be taxed, whose customer has not been erased; 503.
    pub async fn prepare(self, cx: &Context, old: &InvoiceItem) -> Result<Prepared, Problem> {
        old.issuable()?;
        let today = Day::of(cx.now());
        let Self {
            customer,
            wallet,
            counter,
            settings,
        } = self;
        let series = settings.as_ref().map_or(SERIES, Settings::series).to_owned();
        let cipher = cx.customer_cipher(old.customer.as_str()).await?;
        let mut texts = Texts::open(&cipher, old)?.unwrap_or_default();
        let buyer = customer.buyer(&cipher)?;
        let mut next = old.clone();
        next.taxed(settings.as_ref(), &buyer, &today)?;
        // Their credit pays what it can, after tax.
        let wallet = wallet.map(|wallet| {
            let (left, burned) = wallet.used(next.currency, next.total, cx.now());
            next.settlement.wallet = burned.iter().map(|burned| burned.amount).sum();
            next.burned = burned;
            (wallet, left)
        });
        let days = next.due_days.or(buyer.details.due_days);
        let days = days.or(settings.as_ref().and_then(|set| set.due_days));
        (next.due_on, next.issued_on) = (days.map(|days| today.after(days)), Some(today.clone()));
        next.series = (series != SERIES).then_some(series);
        next.forget_in_clear();
        texts.seller = settings.as_ref().map(|set| set.seller.clone());
        texts.buyer = Some(buyer);
        Ok(Prepared {
            invoice: next,
            texts,
            wallet: wallet.filter(|(old, left)| old.item != *left),
            counter,
            settings,
            today,
        })
    }
}

impl Prepared {
    /// Prepares a draft, with what [`Found::read`] reads.
    ///
    /// # Errors
    /// 409 unless it is a draft that can be taxed, whose customer is there; 503.
    pub async fn of(cx: &Context, old: &InvoiceItem, counts: bool) -> Result<Self, Problem> {
        old.issuable()?;
        Found::read(cx, &old.customer, counts)
            .await?
            .prepare(cx, old)
            .await
    }

    /// What this is known by.
    ///
    /// # Errors
    /// 500 when it does not serialise.
    pub fn hash(&self) -> Result<PreviewHash, Problem> {
        // What is sealed differs with every seal; what was sealed stands in the texts.
        let said = InvoiceItem {
            texts: None,
            metadata: None,
            ..self.invoice.clone()
        };
        let text = serde_json::to_vec(&(said, &self.texts)).map_err(|e| Problem::internal(e.to_string()))?;
        let hash = hex::encode(digest::digest(&digest::SHA256, &text));
        PreviewHash::parse(&hash).map_err(Problem::internal)
    }

    /// Refuses what is not what somebody has previewed.
    ///
    /// # Errors
    /// 409 `preview_differs`.
    pub fn is_as(&self, previewed: Option<&PreviewHash>) -> Result<(), Problem> {
        match previewed {
            Some(previewed) if *previewed != self.hash()? => {
                let text = "What would be issued differs from what was previewed: preview it again.";
                Err(Problem::conflict("preview_differs", text))
            }
            _ => Ok(()),
        }
    }
}

impl InvoiceItem {
    /// Taxes it: not at all where the tenant has set nothing.
    fn taxed(&mut self, settings: Option<&Settings>, buyer: &Buyer, today: &Day) -> Result<(), Problem> {
        let Some(settings) = settings else {
            return self.added_up();
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
