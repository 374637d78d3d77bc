//! What a provider's answer changes, wherever it comes from: the call itself, a sweep or a later question.

use crate::{
    books,
    payments::{Payment, PaymentItem},
    provider::{Operation, Order, Provider, Reply, asked, order_key},
    questions::OpenQuestion,
    refunds::{Refund, RefundItem},
};
use serde::{Deserialize, Serialize};
use shared::{
    endpoint::Intended,
    problem::Problem,
    road::Context,
    store::{Attributes, Changes, Event, Stored},
};

impl Order {
    /// What filters of rights look at of it.
    fn looked_at(&self) -> Attributes {
        Attributes::from([("operation_amount", self.amount.into())])
    }

    /// The order that a payment begins with.
    #[must_use]
    pub fn first(payment: &PaymentItem) -> Self {
        Self {
            operation: Operation::Authorise,
            provider: payment.provider,
            key: payment.provider_key.clone(),
            of: None,
            payment: payment.id.clone(),
            refund: None,
            amount: payment.amount,
            currency: payment.currency,
            capture: payment.capture,
        }
    }

    /// An order about a payment whose authorisation was approved.
    ///
    /// # Errors
    /// As [`order_key`].
    pub fn following(
        cx: &Context,
        of: &PaymentItem,
        operation: Operation,
        amount: i64,
    ) -> Result<Self, Problem> {
        Ok(Self {
            operation,
            provider: of.provider,
            key: order_key(cx, operation, of.id.as_str())?,
            of: Some(of.provider_key.clone()),
            payment: of.id.clone(),
            refund: None,
            amount,
            currency: of.currency,
            capture: false,
        })
    }
}

/// A payment, and the refund that an order is about.
pub struct Objects {
    /// The payment.
    pub payment: Stored<PaymentItem>,
    /// The refund.
    pub refund: Option<Stored<RefundItem>>,
}

/// How they are afterwards.
#[derive(Debug, PartialEq)]
pub struct Next {
    /// The payment.
    pub payment: PaymentItem,
    /// The refund.
    pub refund: Option<RefundItem>,
    /// What is told.
    pub event: Option<&'static str>,
}

/// What is kept of an order that follows an authorisation, until its outcome is known: the order, and what it is
/// about as its intent has left it, so that it need not be read again unless somebody else has changed it.
#[derive(Serialize, Deserialize)]
pub struct Following {
    /// The order.
    pub order: Order,
    payment: PaymentItem,
    revision: u64,
    refund: Option<RefundItem>,
    refund_revision: u64,
}

impl Following {
    /// The intent of an order: what it reserves on the payment, its refund if it is one, and nobody called yet.
    ///
    /// # Errors
    /// 403 when the caller's right does not cover an order of this amount, 500 when an item does not encode.
    pub fn intended<A>(
        cx: &Context,
        old: &Stored<PaymentItem>,
        reserved: PaymentItem,
        order: Order,
        refund: Option<RefundItem>,
    ) -> Result<Intended<Self, (), A>, Problem> {
        cx.may_operate(&old.item, order.looked_at())?;
        let mut changes = Changes::new().write(cx.replace(old, &reserved)?);
        changes = match &refund {
            Some(refund) => changes
                .write(cx.create(refund)?)
                .object(refund.id.as_str(), None, Some(refund)),
            None => changes.object(reserved.id.as_str(), Some(&old.item), Some(&reserved)),
        };
        let payment = Stored {
            item: reserved,
            revision: old.revision.saturating_add(1),
        };
        let refund = refund.map(|item| Stored { item, revision: 1 });
        Ok(Self::asks(order, Objects { payment, refund }, changes))
    }

    /// The intent of a refund that is there and whose outcome is open. What it reserves on its payment is there or not: a
    /// transaction of a lost region arrives item by item.
    ///
    /// # Errors
    /// 409 when the payment has not as much to give back, 500 when an item does not encode.
    pub fn resumed<A>(
        cx: &Context,
        old: Stored<PaymentItem>,
        refund: Stored<RefundItem>,
        order: Order,
    ) -> Result<Intended<Self, (), A>, Problem> {
        cx.may_operate(&old.item, order.looked_at())?;
        let mut changes = Changes::new();
        let payment = if old.refund_pending < order.amount {
            let reserved = old.reserve_refund(Some(order.amount))?.0;
            changes = changes.write(cx.replace(&old, &reserved)?).object(
                reserved.id.as_str(),
                Some(&old.item),
                Some(&reserved),
            );
            Stored {
                item: reserved,
                revision: old.revision.saturating_add(1),
            }
        } else {
            old
        };
        let refund = Some(refund);
        Ok(Self::asks(order, Objects { payment, refund }, changes))
    }

    /// Asks the provider for what the order says, once.
    pub async fn ask(&self, cx: &Context) -> Reply {
        let order = &self.order;
        match order.operation {
            Operation::Capture => order.provider.capture(cx, order).await,
            Operation::Cancel => order.provider.cancel(cx, order).await,
            Operation::Refund => order.provider.refund(cx, order).await,
            // An authorisation follows no payment and takes a card. Nothing is asked, so nothing is known.
            Operation::Authorise => Reply::Unknown,
        }
    }

    /// Asks what became of an order whose answer was lost; `None` when the provider cannot tell yet.
    pub async fn asked(&self, cx: &Context) -> Option<Reply> {
        asked(cx, &self.order).await
    }

    /// The provider is asked next, about objects as they are after these changes.
    fn asks<A>(order: Order, objects: Objects, changes: Changes) -> Intended<Self, (), A> {
        let Objects { payment, refund } = objects;
        let refund_revision = refund.as_ref().map_or(0, |refund| refund.revision);
        let intent = Self {
            order,
            payment: payment.item,
            revision: payment.revision,
            refund: refund.map(|refund| refund.item),
            refund_revision,
        };
        Intended::Go {
            intent,
            live: (),
            changes,
        }
    }

    /// Turns the provider's answer into changes.
    ///
    /// # Errors
    /// As [`Objects::settle`].
    pub async fn settle(&self, cx: &Context, reply: &Reply) -> Result<(Next, Changes), Problem> {
        let objects = if cx.round() == 0 {
            Objects {
                payment: Stored {
                    item: self.payment.clone(),
                    revision: self.revision,
                },
                refund: self.refund.clone().map(|item| Stored {
                    item,
                    revision: self.refund_revision,
                }),
            }
        } else {
            Objects::read(cx, &self.order).await?
        };
        objects.settle(cx, &self.order, reply).await
    }
}

impl Objects {
    /// Reads what an order is about, in one call.
    ///
    /// # Errors
    /// 404 when something is missing, 503.
    pub async fn read(cx: &Context, order: &Order) -> Result<Self, Problem> {
        let payment = cx.key::<PaymentItem>(order.payment.as_str());
        let refund = order.refund.as_ref().map(|id| cx.key::<RefundItem>(id.as_str()));
        let keys: Vec<_> = std::iter::once(payment.clone()).chain(refund.clone()).collect();
        let mut batch = cx.batch(&keys).await?;
        Ok(Self {
            payment: batch.take(&payment)?.ok_or_else(Problem::not_found)?,
            refund: match refund {
                Some(key) => Some(batch.take(&key)?.ok_or_else(Problem::not_found)?),
                None => None,
            },
        })
    }

    /// Settles an order by its answer. While there is none, what was reserved stays reserved.
    ///
    /// # Errors
    /// 409 when the order has been settled.
    pub fn next(&self, order: &Order, reply: &Reply) -> Result<Next, Problem> {
        let (old, amount) = (&self.payment.item, order.amount);
        let payment = match (order.operation, reply) {
            (Operation::Authorise, reply) => old.answered(reply)?,
            (_, Reply::Unknown) => old.clone(),
            (Operation::Capture, Reply::Approved) => old.captured(amount)?,
            (Operation::Capture, Reply::Declined(code)) => old.capture_declined(amount, code)?,
            (Operation::Cancel, Reply::Approved) => old.canceled()?,
            (Operation::Cancel, Reply::Declined(code)) => old.cancel_declined(code)?,
            (Operation::Refund, Reply::Approved) => old.refunded(amount)?,
            (Operation::Refund, Reply::Declined(_)) => old.refund_failed(amount)?,
        };
        let refund = match &self.refund {
            None => None,
            Some(old) => Some(old.answered(reply)?),
        };
        let event = match (order.operation, reply) {
            (Operation::Authorise, Reply::Approved) if order.capture => Some("payment.captured"),
            (Operation::Authorise, Reply::Approved) => Some("payment.authorized"),
            (Operation::Authorise, Reply::Declined(_)) => Some("payment.declined"),
            (Operation::Capture, Reply::Approved) => Some("payment.captured"),
            (Operation::Cancel, Reply::Approved) if payment.captured > 0 => Some("payment.released"),
            (Operation::Cancel, Reply::Approved) => Some("payment.canceled"),
            (Operation::Refund, Reply::Approved) => Some("refund.succeeded"),
            (Operation::Refund, Reply::Declined(_)) => Some("refund.failed"),
            (Operation::Capture | Operation::Cancel, Reply::Declined(_))
            | (Operation::Refund, Reply::Unknown) => None,
            (_, Reply::Unknown) => Some("payment.unknown"),
        };
        Ok(Next {
            payment,
            refund,
            event,
        })
    }

    /// The changes that settle an order, with what they post. An answer that is missing leaves an open question behind.
    ///
    /// # Errors
    /// 409 when the order has been settled, 500 when an item does not encode, 503.
    pub async fn settle(
        &self,
        cx: &Context,
        order: &Order,
        reply: &Reply,
    ) -> Result<(Next, Changes), Problem> {
        self.settle_beside(cx, order, reply, false).await
    }

    /// As [`Self::settle`], where the question may have been left behind before the provider was asked.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn settle_beside(
        &self,
        cx: &Context,
        order: &Order,
        reply: &Reply,
        asked: bool,
    ) -> Result<(Next, Changes), Problem> {
        cx.operates(order.looked_at());
        let next = self.next(order, reply)?;
        let mut changes = Changes::new();
        if next.payment != self.payment.item {
            changes = changes.write(cx.replace(&self.payment, &next.payment)?);
        }
        if *reply == Reply::Unknown && !asked {
            changes = changes.write(cx.create(&OpenQuestion::about(cx, order))?);
        }
        changes = match (&self.refund, &next.refund) {
            (Some(old), Some(new)) => {
                if old.item != *new {
                    changes = changes.write(cx.replace(old, new)?);
                }
                let id = new.id.to_string();
                if let Some(kind) = next.event {
                    changes = changes.event(Event::about(kind, &id, &Refund::from(new)).of(&next.payment));
                }
                changes.object(&id, Some(&old.item), Some(new))
            }
            _ => {
                let id = next.payment.id.to_string();
                if let Some(kind) = next.event {
                    changes = changes
                        .event(Event::about(kind, &id, &Payment::from(&next.payment)).of(&next.payment));
                }
                changes.object(&id, Some(&self.payment.item), Some(&next.payment))
            }
        };
        let refund = next.refund.as_ref();
        let posted = books::settled(order, &self.payment.item, &next.payment, refund);
        Ok((next, ledger::post(cx, changes, posted).await?))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        payments::tests::processing,
        provider::ProviderName,
        refunds::{RefundId, RefundStatus},
    };

    pub(crate) fn order(of: &PaymentItem, operation: Operation, amount: i64) -> Order {
        Order {
            operation,
            provider: ProviderName::Sandbox,
            key: "k".into(),
            of: None,
            payment: of.id.clone(),
            refund: None,
            amount,
            currency: of.currency,
            capture: of.capture,
        }
    }

    fn objects(payment: PaymentItem) -> Objects {
        Objects {
            payment: Stored {
                item: payment,
                revision: 1,
            },
            refund: None,
        }
    }

    fn declined() -> Reply {
        Reply::Declined("no".into())
    }

    #[test]
    fn every_answer_to_an_authorisation_is_told() {
        for (capture, reply, event) in [
            (true, Reply::Approved, "payment.captured"),
            (false, Reply::Approved, "payment.authorized"),
            (true, declined(), "payment.declined"),
            (true, Reply::Unknown, "payment.unknown"),
        ] {
            let objects = objects(processing(capture));
            let order = order(&objects.payment, Operation::Authorise, 1_000);
            assert_eq!(objects.next(&order, &reply).unwrap().event, Some(event));
        }
    }

    #[test]
    fn an_unanswered_capture_keeps_its_reservation_until_it_is_settled() {
        let authorized = processing(false).answered(&Reply::Approved).unwrap();
        let capturing = objects(authorized.reserve_capture(Some(400), false).unwrap().0);
        let order = order(&authorized, Operation::Capture, 400);
        let unknown = capturing.next(&order, &Reply::Unknown).unwrap();
        assert_eq!(
            (&unknown.payment, unknown.event),
            (&capturing.payment.item, Some("payment.unknown"))
        );
        let settled = objects(unknown.payment).next(&order, &Reply::Approved).unwrap();
        assert_eq!(
            (settled.payment.captured, settled.payment.capture_pending),
            (400, 0)
        );
        let again = objects(settled.payment)
            .next(&order, &Reply::Approved)
            .unwrap_err();
        assert_eq!(again.code, "wrong_state", "an order is settled once");
    }

    #[test]
    fn a_refund_moves_with_its_payment() {
        let captured = processing(true).answered(&Reply::Approved).unwrap();
        let (reserved, amount) = captured.reserve_refund(Some(300)).unwrap();
        let order = order(&captured, Operation::Refund, amount);
        let refund = RefundItem::pending(
            RefundId::new(captured.created_at),
            &captured,
            amount,
            captured.created_at,
        );
        for (reply, refunded, status, event) in [
            (
                Reply::Approved,
                300,
                RefundStatus::Succeeded,
                Some("refund.succeeded"),
            ),
            (declined(), 0, RefundStatus::Failed, Some("refund.failed")),
            (Reply::Unknown, 0, RefundStatus::Pending, None),
        ] {
            let objects = Objects {
                payment: Stored {
                    item: reserved.clone(),
                    revision: 2,
                },
                refund: Some(Stored {
                    item: refund.clone(),
                    revision: 1,
                }),
            };
            let next = objects.next(&order, &reply).unwrap();
            assert_eq!((next.payment.refunded, next.event), (refunded, event));
            let new = next.refund.unwrap();
            assert_eq!(new.status, status);
            assert_eq!(
                next.payment.refund_pending,
                if status == RefundStatus::Pending { 300 } else { 0 }
            );
            assert_eq!(
                new.answered(&Reply::Approved).is_ok(),
                status == RefundStatus::Pending
            );
        }
    }
}
