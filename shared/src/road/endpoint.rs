//! Endpoints: domain code between a typed input and an outcome, as the road runs it.

use super::{context::Context, outcome::Outcome};
use crate::{
    crypto::SubjectKeyItem,
    declaration::endpoint::Declaration,
    kernel::{
        ids::TenantId,
        problem::Problem,
        purpose::Purpose,
        record::{Input, Record},
    },
    store::{Changes, Item, Key},
};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;

/// Where a request points to, as far as its path and token say: nothing of it has been checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Ahead<'a> {
    /// The caller's tenant.
    pub tenant: &'a TenantId,
    /// The caller.
    pub caller: &'a str,
    /// The path's `{id}`; empty where it has none.
    pub id: &'a str,
    /// This region.
    pub region: &'a str,
}

impl Ahead<'_> {
    /// The key of the item with that id.
    #[must_use]
    pub fn key<T: Item>(&self) -> Key {
        Key::of::<T>(self.tenant, self.id)
    }
    /// The key of that item's subject key.
    #[must_use]
    pub fn subject(&self, purpose: Purpose) -> Key {
        SubjectKeyItem::key(self.tenant, self.id, purpose)
    }
}

/// An endpoint: domain code between a typed input and an outcome. It never writes.
pub trait Endpoint: Send + Sync + 'static {
    /// The declaration.
    const DECLARATION: Declaration;
    /// What comes in: path parameters, and the query or the body.
    type Input: Input + Record + Send + Sync;
    /// What goes out.
    type Answer: Record + Serialize + Send;
    /// What the path's `{id}` points to, read ahead in the one call that reads the caller, so that the handler
    /// finds it without a call of its own. Nothing is decided by it, and a wrong guess only costs its read.
    #[must_use]
    fn ahead(_at: &Ahead<'_>) -> Vec<Key> {
        Vec::new()
    }
    /// Reads the list that the handler begins with and says where the keys of those on it stand, before it is known whether the
    /// caller may: they are then read with the caller, and the handler finds the list when it asks for the same page. The
    /// context is nobody's; it lists and does nothing else. Nothing is decided by it, and a failure leaves it to the handler.
    const EARLY: Option<Early<Self::Input>> = None;
    /// Decides.
    fn handle(
        cx: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<Outcome<Self::Answer>, Problem>> + Send;
}

/// An endpoint that calls the outside world. Its intent is committed before, its outcome after; what is
/// left between the two is finished by asking, never by trying again.
pub trait EffectEndpoint: Send + Sync + 'static {
    /// The declaration.
    const DECLARATION: Declaration;
    /// What comes in.
    type Input: Input + Record + Send + Sync;
    /// What goes out.
    type Answer: Record + Serialize + Send;
    /// What is stored of the intent: enough to finish it later. No secret, no card number.
    type Intent: Serialize + DeserializeOwned + Send + Sync;
    /// What only this invocation knows, such as a card number on its way to the provider.
    type Live: Send;
    /// What the outside world said.
    type Effect: Send + Sync;
    /// As [`Endpoint::ahead`].
    #[must_use]
    fn ahead(_at: &Ahead<'_>) -> Vec<Key> {
        Vec::new()
    }
    /// Decides, without touching the outside world. `Stop` answers at once and calls nobody.
    fn intend(
        cx: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Decided<Self::Intent, Self::Live, Self::Answer>> + Send;
    /// Calls out, once, under a key that makes the call idempotent on the other side.
    fn perform(
        cx: &Context,
        intent: &Self::Intent,
        live: Self::Live,
    ) -> impl Future<Output = Self::Effect> + Send;
    /// Asks what became of a call whose answer was lost; `None` leaves the question for later.
    fn recover(cx: &Context, intent: &Self::Intent) -> impl Future<Output = Option<Self::Effect>> + Send;
    /// Turns what the outside world said into an outcome. Runs again after a lost race, and
    /// [`Context::round`] then is not 0: what the intent kept of an item is to be read anew.
    fn conclude(
        cx: &Context,
        intent: &Self::Intent,
        effect: &Self::Effect,
    ) -> impl Future<Output = Result<Outcome<Self::Answer>, Problem>> + Send;
}

/// What comes out of deciding an effect.
pub type Decided<I, L, A> = Result<Intended<I, L, A>, Problem>;

/// What an effect endpoint decided before calling out.
pub enum Intended<I, L, A> {
    /// Call out.
    Go {
        /// Stored.
        intent: I,
        /// Not stored.
        live: L,
        /// Committed with the intent.
        changes: Changes,
    },
    /// No call is needed.
    Stop(Outcome<A>),
}

/// See [`Endpoint::EARLY`].
pub type Early<I> = for<'c> fn(&'c Context, I) -> BoxFuture<'c, Result<Vec<Key>, Problem>>;
