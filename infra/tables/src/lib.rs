//! The tables: DynamoDB in an embedded file, which the SDK reaches over HTTP.
//!
//! What the services call all the time is answered here, by `dynoxide`'s own actions over a connection that is ours to set up.
//! Everything else, and every request that cannot be read, goes to `dynoxide`'s own server, which has the field's words for each
//! refusal. Why, and what was measured: `infra/decisions/0029-tables.md`.

mod engine;
mod fingerprint;
mod server;
#[cfg(test)]
mod tests;
mod tokens;

pub use engine::{Answer, Engine, Write};
pub use server::{Server, forward};

use std::{pin::Pin, time::Duration};

/// Time, as a parameter.
pub trait Time: Send + Sync + 'static {
    /// A monotonic reading.
    fn monotonic(&self) -> Duration;
    /// Waits.
    fn sleep<'a>(&'a self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}
