//! The road that every request takes: screen, authenticate, authorise, idempotency, handle, commit, answer.

pub(crate) mod answer;
pub(crate) mod approve;
pub(crate) mod assign;
mod authenticate;
pub(crate) mod call;
mod commit;
pub(crate) mod context;
pub(crate) mod disclosure;
mod early;
pub(crate) mod effect;
pub(crate) mod endpoint;
mod event;
pub(crate) mod front;
pub(crate) mod function;
mod home;
pub(crate) mod idempotency;
pub(crate) mod intent;
mod lambda;
pub mod lists;
pub mod metadata;
pub(crate) mod outbox;
pub(crate) mod outcome;
mod plain;
pub(crate) mod request;
mod screen;
mod serve;
pub(crate) mod sweep;
pub mod triggers;
pub(crate) mod worker;

pub use answer::{Content, Finished};
pub use approve::Waiting;
pub use call::Call;
pub use context::{Audited, Batch, Context, Pages};
pub use early::SEEN;
pub use effect::{effect, resume};
pub use event::gateway;
pub use idempotency::IdempotencyItem;
pub use intent::{INTENTS, IntentItem};
pub use lambda::{serve, serve_worker};
pub use outbox::{OUTBOX, OutboxItem};
pub use plain::plain;
pub use request::RequestInfo;
pub use screen::{BODY_LIMIT, DEPTH_LIMIT};
pub use sweep::resume_intents;

pub use crate::store::Page;
