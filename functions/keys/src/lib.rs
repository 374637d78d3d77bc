//! Keys: which versions there are, and rotations that seal everything anew while the platform runs.

pub mod contract;
pub mod kms_key;
pub mod rotations;
pub mod tenant_keys;
pub mod workers;

use shared::{
    Function, Service,
    auth::{Approval, Session, User},
    crypto::{SealedKind, sealed_kind},
    function,
    processing::{ItemType, item},
    road::IdempotencyItem,
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<tenant_keys::list::List>(),
    function::<kms_key::set::Set>(),
    function::<rotations::create::Create>(),
    function::<rotations::read::Read>(),
    function::<contract::Read>(),
];

/// What runs without being called.
pub static WORKERS: &[Worker] = &[workers::rotate::WORKER, workers::schedule::WORKER];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<rotations::RotationItem>(),
    item::<rotations::RotationSlot>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "keys",
    version: "1.2.0",
    about: "Versions of encryption keys, their rotation, and re-encryption.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};

/// Every kind of item with sealed fields. Which fields, and under whose keys, the types say themselves. A rotation looks
/// for sealed bytes wherever they stand and does not end while there are some that no kind accounts for, so one that is
/// missing here is noticed and loses nothing.
pub const KINDS: &[SealedKind] = &[
    sealed_kind::<shared::auth::ApiClient>(),
    sealed_kind::<Approval>(),
    sealed_kind::<User>(),
    sealed_kind::<Session>(),
    sealed_kind::<IdempotencyItem>(),
    sealed_kind::<billing::credit_notes::CreditNoteItem>(),
    sealed_kind::<billing::customers::CustomerItem>(),
    sealed_kind::<billing::invoices::InvoiceItem>(),
    sealed_kind::<billing::legal::IssuedDocument>(),
    sealed_kind::<billing::subscriptions::SubscriptionItem>(),
    sealed_kind::<billing::usage::UsageBucket>(),
    sealed_kind::<billing::usage::UsageEventItem>(),
    sealed_kind::<billing::legal::RenderedForm>(),
    sealed_kind::<identity::mail::MailItem>(),
    sealed_kind::<identity::passkeys::Passkeys>(),
    sealed_kind::<identity::second_factors::SecondFactor>(),
    sealed_kind::<identity::sessions::refresh::RefreshToken>(),
    sealed_kind::<identity::sign_ins::SignIn>(),
    sealed_kind::<notifications::webhooks::WebhookItem>(),
    sealed_kind::<payments::payments::PaymentItem>(),
    sealed_kind::<payments::refunds::RefundItem>(),
    sealed_kind::<privacy::requests::RequestItem>(),
    sealed_kind::<privacy::requests::archive::PartItem>(),
    sealed_kind::<risk::lists::MemberItem>(),
    sealed_kind::<risk::reviews::ReviewItem>(),
    sealed_kind::<vault::payment_methods::MethodItem>(),
];
