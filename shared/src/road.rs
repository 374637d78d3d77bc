//! The road that every request takes: screen, authenticate, authorise, idempotency, handle, commit, answer.

mod answer;
mod approve;
mod authenticate;
mod call;
mod commit;
mod early;
mod effect;
mod event;
mod home;
mod idempotency;
mod intent;
mod maintenance;
mod pages;
mod plain;
mod screen;
mod serve;

pub use answer::Finished;
pub use approve::Waiting;
pub use call::{Audited, Batch, Call, Context, RequestInfo};
pub use commit::{OUTBOX, OutboxItem};
pub use early::SEEN;
pub(crate) use early::early;
pub use effect::{effect, resume, resume_intents};
pub use event::gateway;
pub use idempotency::IdempotencyItem;
pub use intent::{INTENTS, IntentItem};
pub use pages::{Page, Pages};
pub use plain::plain;
pub use screen::{BODY_LIMIT, DEPTH_LIMIT};
pub use serve::{serve, serve_worker};
