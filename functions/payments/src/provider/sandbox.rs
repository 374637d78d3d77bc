//! The sandbox: a provider that moves no money and takes published test numbers only. Its own side of the
//! story is kept as a real provider would keep it, outside every commit of ours, one record for each key.

use super::{
    Cvv, LiveCard, Operation, Order, Provider, Reply,
    test_numbers::{Behaviour, behaviour},
};
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    record::Record,
    road::Context,
    store::{Item, Table},
    time::Timestamp,
};

/// What the sandbox knows under one key. The card is not in it.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SandboxItem {
    /// The key.
    #[internal]
    pub id: String,
    /// What was asked for.
    #[internal]
    pub operation: Operation,
    /// How the card behaves, also in what follows its authorisation.
    #[internal]
    pub behaviour: Behaviour,
    /// Why it was declined; absent where it was approved.
    #[internal]
    pub declined: Option<String>,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// When it arrived.
    #[public]
    pub created_at: Timestamp,
}

impl Item for SandboxItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "sandbox";
    fn id(&self) -> &str {
        &self.id
    }
}

impl SandboxItem {
    fn reply(&self) -> Reply {
        self.declined.clone().map_or(Reply::Approved, Reply::Declined)
    }
}

/// What happens to an order, and whether the answer to it is lost.
struct Decision {
    behaviour: Behaviour,
    declined: Option<&'static str>,
    answered: bool,
}

/// The verification value that is wrong on every card.
const WRONG: [&str; 2] = ["000", "0000"];

/// Decides on a new charge.
fn on_card(number: &str, expired: bool, cvv: Option<&str>) -> Decision {
    let behaviour = behaviour(number);
    let odd = number.ends_with(['1', '3', '5', '7', '9']);
    let declined = match behaviour {
        Behaviour::NotATestNumber => Some("test_card_required"),
        Behaviour::GenericDecline => Some("generic_decline"),
        Behaviour::InsufficientFunds => Some("insufficient_funds"),
        Behaviour::ProcessingError => Some("processing_error"),
        _ if expired => Some("expired_card"),
        _ if cvv.is_some_and(|cvv| WRONG.contains(&cvv)) => Some("incorrect_cvc"),
        Behaviour::Timeout => odd.then_some("generic_decline"),
        Behaviour::Approved | Behaviour::RefundFails | Behaviour::LaterTimeout => None,
    };
    Decision {
        behaviour,
        declined,
        answered: behaviour != Behaviour::Timeout,
    }
}

/// Decides on what follows a charge.
fn on_charge(charge: Option<&SandboxItem>, order: &Order) -> Decision {
    let behaviour = charge.map_or(Behaviour::NotATestNumber, |c| c.behaviour);
    let declined = match (charge, behaviour, order.operation) {
        (None, _, _) => Some("unknown_charge"),
        (Some(charge), _, _) if charge.declined.is_some() => Some("charge_declined"),
        (_, Behaviour::RefundFails, Operation::Refund) => Some("refund_failed"),
        (_, Behaviour::LaterTimeout, _) if order.amount % 2 != 0 => Some("generic_decline"),
        _ => None,
    };
    Decision {
        behaviour,
        declined,
        answered: behaviour != Behaviour::LaterTimeout,
    }
}

/// The provider.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Keeps a decision under the order's key. A key that was there before gives its first outcome.
    async fn keep(self, cx: &Context, order: &Order, decision: Decision) -> Result<Reply, Problem> {
        let item = SandboxItem {
            id: order.key.clone(),
            operation: order.operation,
            behaviour: decision.behaviour,
            declined: decision.declined.map(str::to_owned),
            amount: order.amount,
            created_at: cx.now(),
        };
        if cx.outside_put(&item).await? {
            return Ok(if decision.answered {
                item.reply()
            } else {
                Reply::Unknown
            });
        }
        let first = cx.outside_get::<SandboxItem>(&order.key).await?;
        Ok(first.map_or(Reply::Unknown, |item| item.reply()))
    }

    async fn follow(self, cx: &Context, order: &Order) -> Reply {
        let reply = async {
            let of = order.of.as_deref().unwrap_or_default();
            let charge = cx.outside_get::<SandboxItem>(of).await?;
            self.keep(cx, order, on_charge(charge.as_ref(), order)).await
        };
        reply.await.unwrap_or_else(lost)
    }

    /// What is known under a key. An order that has not arrived by now is noted as declined, so that it has
    /// no effect should it arrive yet.
    async fn told(self, cx: &Context, order: &Order) -> Result<Reply, Problem> {
        if let Some(item) = cx.outside_get::<SandboxItem>(&order.key).await? {
            return Ok(item.reply());
        }
        let behaviour = Behaviour::NotATestNumber;
        self.keep(
            cx,
            order,
            Decision {
                behaviour,
                declined: Some("never_received"),
                answered: true,
            },
        )
        .await
    }
}

fn lost(problem: Problem) -> Reply {
    tracing::warn!(
        code = problem.code,
        internal = problem.internal,
        "the sandbox did not answer"
    );
    Reply::Unknown
}

impl Provider for Sandbox {
    async fn authorise(&self, cx: &Context, order: &Order, card: &LiveCard) -> Reply {
        let expired = vault::expiry::is_over(card.exp_year, card.exp_month, cx.now());
        let decision = on_card(card.number.expose(), expired, card.cvv.as_ref().map(Cvv::expose));
        self.keep(cx, order, decision).await.unwrap_or_else(lost)
    }
    async fn capture(&self, cx: &Context, order: &Order) -> Reply {
        self.follow(cx, order).await
    }
    async fn cancel(&self, cx: &Context, order: &Order) -> Reply {
        self.follow(cx, order).await
    }
    async fn refund(&self, cx: &Context, order: &Order) -> Reply {
        self.follow(cx, order).await
    }
    async fn lookup(&self, cx: &Context, order: &Order) -> Reply {
        self.told(cx, order).await.unwrap_or_else(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{payments::tests::processing, provider::ProviderName};

    fn order(operation: Operation, amount: i64) -> Order {
        let payment = processing(true);
        Order {
            operation,
            provider: ProviderName::Sandbox,
            key: "k".into(),
            of: None,
            payment: payment.id,
            refund: None,
            amount,
            currency: payment.currency,
            capture: true,
        }
    }

    fn charge(number: &str) -> SandboxItem {
        let decision = on_card(number, false, None);
        SandboxItem {
            id: "k".into(),
            operation: Operation::Authorise,
            behaviour: decision.behaviour,
            declined: decision.declined.map(str::to_owned),
            amount: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_charge_goes_as_the_table_says() {
        for (number, declined, answered) in [
            ("4242424242424242", None, true),
            ("5555555555554444", None, true),
            ("378282246310005", None, true),
            ("4000000200000000", Some("generic_decline"), true),
            ("4000009500000008", Some("insufficient_funds"), true),
            ("4000011900000000", Some("processing_error"), true),
            ("4000004400000000", None, false),
            ("4000004400000059", Some("generic_decline"), false),
            ("4111111111111111", Some("test_card_required"), true),
        ] {
            let decision = on_card(number, false, None);
            assert_eq!(
                (decision.declined, decision.answered),
                (declined, answered),
                "{number}"
            );
        }
        assert_eq!(
            on_card("4242424242424242", true, None).declined,
            Some("expired_card")
        );
    }

    #[test]
    fn what_follows_goes_as_the_card_says() {
        let good = charge("4242424242424242");
        for operation in [Operation::Capture, Operation::Cancel, Operation::Refund] {
            assert_eq!(on_charge(Some(&good), &order(operation, 7)).declined, None);
            assert_eq!(
                on_charge(None, &order(operation, 7)).declined,
                Some("unknown_charge")
            );
            let bad = charge("4000000200000000");
            assert_eq!(
                on_charge(Some(&bad), &order(operation, 7)).declined,
                Some("charge_declined")
            );
        }
        let no_refund = charge("4000512600000000");
        assert_eq!(
            on_charge(Some(&no_refund), &order(Operation::Capture, 7)).declined,
            None
        );
        assert_eq!(
            on_charge(Some(&no_refund), &order(Operation::Refund, 7)).declined,
            Some("refund_failed")
        );
        let silent = charge("4000772600000000");
        for (amount, declined) in [(8, None), (7, Some("generic_decline"))] {
            let decision = on_charge(Some(&silent), &order(Operation::Refund, amount));
            assert_eq!((decision.declined, decision.answered), (declined, false));
        }
    }

    #[test]
    fn its_record_holds_no_digit_of_the_card() {
        let json = serde_json::to_string(&charge("4242424242424242")).unwrap();
        assert!(!json.contains("42"), "{json}");
    }
}
