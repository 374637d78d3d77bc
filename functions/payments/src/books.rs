//! What a settled order posts: money that has come in or gone out.

use crate::{payments::PaymentItem, provider::Order, refunds::RefundItem};
use ledger::{Account, Draft, SourceKind};

/// Characters of an order's key that tell it from the others of its payment.
const KEY: usize = 32;

/// The effect of an order on what it is about.
fn effect(what: &str, order: &str) -> String {
    format!("{what}#{}", order.get(..KEY).unwrap_or(order))
}

/// Where a customer's money goes to and comes from: what an invoice owes, or what they have with us.
fn theirs(payment: &PaymentItem) -> Account {
    match payment.invoice {
        Some(_) => Account::receivable(&payment.customer),
        None => Account::customer_credit(&payment.customer),
    }
}

/// What has been captured of a payment: it lies with the provider, who keeps a fee of it.
#[must_use]
pub fn captured(payment: &PaymentItem, order: &str, amount: i64) -> Draft {
    let cash = Account::cash_in_transit(payment.provider.name());
    let fees = Account::fees(payment.provider.name());
    Draft::of(
        SourceKind::Payment,
        payment.id.as_str(),
        &effect("captured", order),
    )
    .transfer(&cash, &theirs(payment), payment.currency, amount)
    .transfer(&fees, &cash, payment.currency, payment.provider.fee(amount))
}

/// What has gone back of a payment. Of one that has paid an invoice it waits to be covered by a credit note.
#[must_use]
pub fn refunded(payment: &PaymentItem, refund: &RefundItem) -> Draft {
    let from = match payment.invoice {
        Some(_) => Account::refunds(),
        None => theirs(payment),
    };
    let cash = Account::cash_in_transit(payment.provider.name());
    Draft::of(SourceKind::Refund, refund.id.as_str(), "succeeded").transfer(
        &from,
        &cash,
        refund.currency,
        refund.amount,
    )
}

/// What an order posts by which `old` has become `payment`; a draft of nothing where no money has moved.
#[must_use]
pub fn settled(
    order: &Order,
    old: &PaymentItem,
    payment: &PaymentItem,
    refund: Option<&RefundItem>,
) -> Draft {
    let given_back = payment.refunded != old.refunded;
    match refund {
        Some(refund) if given_back => refunded(payment, refund),
        _ => captured(payment, &order.key, payment.captured - old.captured),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{payments::tests::processing, provider::Reply, refunds::RefundId};
    use shared::{ids::TenantId, time::Timestamp};

    fn lines(draft: Draft) -> Vec<(String, i64)> {
        let entry = draft
            .finish(&TenantId::platform(), Timestamp::UNIX_EPOCH)
            .unwrap();
        let lines = entry.iter().flat_map(|entry| entry.lines());
        lines
            .map(|l| (l.account.kind().name().to_owned(), l.amount))
            .collect()
    }

    #[test]
    fn what_is_captured_lies_with_the_provider_and_is_the_customers_or_pays_their_invoice() {
        let mut payment = processing(true).answered(&Reply::Approved).unwrap();
        let own = [
            ("cash_in_transit", 986),
            ("customer_credit", -1_000),
            ("fees", 14),
        ];
        assert_eq!(
            lines(captured(&payment, "k", 1_000)),
            own.map(|(a, n)| (a.to_owned(), n))
        );
        payment.invoice = Some("inv_1".into());
        let paid = [("cash_in_transit", 986), ("fees", 14), ("receivable", -1_000)];
        assert_eq!(
            lines(captured(&payment, "k", 1_000)),
            paid.map(|(a, n)| (a.to_owned(), n))
        );
    }

    #[test]
    fn a_refund_goes_back_the_way_the_money_came_unless_an_invoice_has_it() {
        let payment = processing(true).answered(&Reply::Approved).unwrap();
        let refund = RefundItem::pending(
            RefundId::new(Timestamp::UNIX_EPOCH),
            &payment,
            300,
            Timestamp::UNIX_EPOCH,
        );
        let own = [("cash_in_transit", -300), ("customer_credit", 300)];
        assert_eq!(
            lines(refunded(&payment, &refund)),
            own.map(|(a, n)| (a.to_owned(), n))
        );
        let paid = PaymentItem {
            invoice: Some("inv_1".into()),
            ..payment
        };
        let clearing = [("cash_in_transit", -300), ("refunds", 300)];
        assert_eq!(
            lines(refunded(&paid, &refund)),
            clearing.map(|(a, n)| (a.to_owned(), n))
        );
    }

    #[test]
    fn an_order_by_which_no_money_moves_posts_nothing() {
        let old = processing(false);
        let payment = old.answered(&Reply::Approved).unwrap();
        let order = crate::settle::tests::order(&old, crate::provider::Operation::Authorise, 1_000);
        assert_eq!(lines(settled(&order, &old, &payment, None)), []);
    }
}
