//! `GET /payments/v1/payments`: a page of payments, newest first.

use super::{ALL, Payment, PaymentItem, PaymentStatus, of_customer};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, MetadataFilter, Moment, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
    text::Reference,
};

shared::list! {
    PaymentItem as Payment,
    Declaration::new(
        "list_payments",
        methods::get,
        "/payments/v1/payments",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List payments, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Times, most: 100 },
    uses [Uses::Key(Purpose::Pii), Uses::Key(Purpose::Index)],
    filters {
        /// Only those with this reference of the tenant's own.
        #[personal]
        reference: Reference = By::Words(|payment| payment.reference.as_ref()),
        /// Only those with this value of a key that the tenant has declared: `key:value`.
        #[personal]
        metadata: MetadataFilter = By::Metadata(|payment| payment.metadata.as_ref()),
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |payment| Some(payment.customer.as_str().into()),
        ),
        /// Only those in this state.
        #[public]
        status: PaymentStatus = By::Rare(|payment| Some(payment.status.name().into()), is_rare),
        /// Only those created at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those created at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

/// Most payments are captured for good, and every one is processed for a moment: index items of these would cost each payment two
/// writes, and picking finds them soon.
fn is_rare(status: &str) -> bool {
    !["created", "processing", "captured"].contains(&status)
}

impl Rows<PaymentItem> for Payment {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, payment: &PaymentItem) -> Vec<Key> {
        let subject = Self::subject(payment);
        subject
            .map(|s| SubjectKeyItem::key(tenant, s, Purpose::Pii))
            .into_iter()
            .collect()
    }

    fn subject(payment: &PaymentItem) -> Option<&str> {
        payment.is_sealed().then(|| payment.customer.as_str())
    }

    async fn of(
        _: &Context,
        payment: &PaymentItem,
        beside: &mut Beside<'_>,
    ) -> Result<Option<Self>, Problem> {
        let cipher = match Self::subject(payment) {
            Some(subject) => beside.cipher(subject, Purpose::Pii).await?,
            None => None,
        };
        Self::opened(payment, cipher.as_deref()).map(Some)
    }
}
