//! `POST /billing/v1/subscriptions/{id}/bill`: bills the next boundary that is due, as the worker would.

use super::{
    Subscription, SubscriptionItem,
    due::{DueItem, looks},
    issue::billed,
};
use crate::{
    invoices::{InvoiceCounter, InvoiceId, prepare::Found},
    rated::SubscriptionId,
    tax::TaxSettingsItem,
};
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
    /// The subscription.
    #[public]
    id: SubscriptionId,
}

/// What was billed.
#[derive(Record, Serialize)]
pub struct SubscriptionBilling {
    /// The invoice; none where nothing was owed.
    #[public]
    pub invoice: Option<InvoiceId>,
    /// The subscription after it.
    #[nested]
    pub subscription: Subscription,
}

/// The endpoint.
#[derive(Debug)]
pub struct BillNow;

impl Endpoint for BillNow {
    const DECLARATION: Declaration = Declaration::new(
        "bill_subscription",
        methods::post,
        "/billing/v1/subscriptions/{id}/bill",
        Access::Right(&rbac::BILLING_RUN),
        Audit::Change,
        "Bill what of a subscription is due, without waiting for the next run",
    )
    .refuses(&[
        codes::BUYER_COUNTRY_MISSING,
        codes::CUSTOMER_ERASED,
        codes::PROCESSING_RESTRICTED,
        codes::TAX_RATE_MISSING,
        codes::WRONG_STATE,
    ])
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Below(Table::Billing),
        Uses::List(Table::Billing, 2),
        Uses::Key(Purpose::Pii),
        Uses::Post,
    ]);
    type Input = Input;
    type Answer = SubscriptionBilling;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let counter = Key::of::<InvoiceCounter>(at.tenant, InvoiceCounter::ID);
        let settings = Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID);
        vec![
            at.key::<SubscriptionItem>(),
            at.key::<DueItem>(),
            counter,
            settings,
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<SubscriptionBilling>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<SubscriptionItem>(id).await?;
        let nothing = || old.refused("Nothing of it is due.");
        old.due_at.filter(|due| *due <= cx.now()).ok_or_else(nothing)?;
        let (whose, due) = (old.customer.as_str(), cx.find::<DueItem>(id).await?);
        let found = Found::read(cx, &old.customer, true).await?;
        if found.customer.restricted_at.is_some() {
            let text = "Processing of this customer's data is restricted (GDPR art. 18).";
            return Err(Problem::conflict("processing_restricted", text));
        }
        let cipher = cx.customer_cipher(whose).await?;
        let used = old.used(cx, &cipher).await?;
        let bill = old.bill(&old.zone(&cipher)?, cx.now(), &used, &cipher)?;
        let bill = bill.ok_or_else(nothing)?;
        let (mut changes, invoice) = billed(cx, &old, &bill, &cipher, found).await?;
        changes.writes.extend(looks(cx, due.as_ref(), &bill.next)?);
        let subscription = Subscription::open(&bill.next, &cipher)?;
        let answer = SubscriptionBilling {
            invoice,
            subscription,
        };
        Ok(Outcome::changed(answer, changes))
    }
}
