//! `GET /payments/v1/refunds`: a page of all refunds, newest first.

use super::{ALL, Refund, RefundItem, RefundStatus};
use crate::payments::PaymentItem;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, MetadataFilter, Moment, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::{Item, Key},
};

shared::list! {
    RefundItem as Refund,
    Declaration::new(
        "list_all_refunds",
        methods::get,
        "/payments/v1/refunds",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List the refunds of all payments, newest first",
    ),
    Plan { all: Way::index(2, |_, _| ALL.into()), order: Order::Times, most: 100 },
    uses [Uses::Key(Purpose::Pii), Uses::Key(Purpose::Index)],
    filters {
        /// Only those with this value of a key that the tenant has declared: `key:value`.
        #[personal]
        metadata: MetadataFilter = By::Metadata(|refund| refund.metadata.as_ref()),
        /// Only those that this customer gets.
        #[public]
        customer: CustomerId = By::Entry(|refund| Some(refund.customer.as_ref()?.as_str().into())),
        /// Only those in this state.
        #[public]
        status: RefundStatus = By::Attribute(|refund| Some(refund.status.name().into())),
        /// Only those asked for at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those asked for at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

impl Rows<RefundItem> for Refund {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, refund: &RefundItem) -> Vec<Key> {
        let payment = || Key::of::<PaymentItem>(tenant, refund.payment.as_str());
        let unknown = refund.payment_attributes().is_none().then(payment);
        let subject = Self::subject(refund).map(|s| SubjectKeyItem::key(tenant, s, Purpose::Pii));
        unknown.into_iter().chain(subject).collect()
    }

    fn subject(refund: &RefundItem) -> Option<&str> {
        refund.is_sealed().then(|| refund.subject())
    }

    async fn of(cx: &Context, refund: &RefundItem, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        // The caller's filters look at payments: whoever may not see one may not see its refunds either.
        let seen = match refund.payment_attributes() {
            Some(attributes) => cx.shows(PaymentItem::KIND, &attributes),
            None => {
                let payment = cx.key::<PaymentItem>(refund.payment.as_str());
                beside.item::<PaymentItem>(&payment)?.is_some()
            }
        };
        if !seen {
            return Ok(None);
        }
        let cipher = match Self::subject(refund) {
            Some(subject) => beside.cipher(subject, Purpose::Pii).await?,
            None => None,
        };
        Self::opened(refund, cipher.as_deref()).map(Some)
    }
}
