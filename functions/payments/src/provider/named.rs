//! The providers that are built in, by their names.

use super::{LiveCard, Order, Provider, ProviderName, Reply, sandbox::Sandbox};
use shared::road::Context;

impl Provider for ProviderName {
    async fn authorise(&self, cx: &Context, order: &Order, card: &LiveCard) -> Reply {
        match self {
            Self::Sandbox => Sandbox.authorise(cx, order, card).await,
        }
    }
    async fn capture(&self, cx: &Context, order: &Order) -> Reply {
        match self {
            Self::Sandbox => Sandbox.capture(cx, order).await,
        }
    }
    async fn cancel(&self, cx: &Context, order: &Order) -> Reply {
        match self {
            Self::Sandbox => Sandbox.cancel(cx, order).await,
        }
    }
    async fn refund(&self, cx: &Context, order: &Order) -> Reply {
        match self {
            Self::Sandbox => Sandbox.refund(cx, order).await,
        }
    }
    async fn lookup(&self, cx: &Context, order: &Order) -> Reply {
        match self {
            Self::Sandbox => Sandbox.lookup(cx, order).await,
        }
    }
}
