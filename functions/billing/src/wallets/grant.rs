//! `POST /billing/v1/customers/{id}/wallet-grants`: gives a customer credit.

use super::{Grant, MovementKind, WalletGrant, WalletGrantId, WalletItem, keep, moved};
use shared::{
    customer::CustomerRef,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    money::{Amount, Currency, MAX_AMOUNT},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"currency": "EUR", "amount": 5000, "priority": 0}"#)]
pub struct Input {
    /// The customer.
    #[public]
    id: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// How much, in minor units.
    #[internal]
    amount: Amount,
    /// What was paid for it, in minor units; nothing when absent.
    #[internal]
    #[record(range(min = 0, max = 999999999999))]
    cost: Option<i64>,
    /// The lower, the sooner it is used; 0 when absent.
    #[internal]
    priority: Option<u16>,
    /// When it runs out: never when absent.
    #[public]
    expires_at: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_wallet_grant",
        methods::post,
        "/billing/v1/customers/{id}/wallet-grants",
        Access::Right(&rbac::CREDIT_WRITE),
        Audit::Alert,
        "Give a customer credit, which their invoices use up after tax",
    )
    .refuses(&[
        codes::CUSTOMER_ERASED,
        codes::PROCESSING_RESTRICTED,
        codes::TOO_MANY_GRANTS,
    ])
    .status(201)
    .uses(&[Uses::Write(Table::Billing), Uses::Post]);
    type Input = Input;
    type Answer = WalletGrant;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CustomerRef>(), at.key::<WalletItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<WalletGrant>, Problem> {
        let customer = cx.get::<CustomerRef>(input.id.as_str()).await?;
        customer.may_be_processed()?;
        let expires_at = input.expires_at.map(Instant::timestamp);
        if expires_at.is_some_and(|at| at <= cx.now()) {
            return Err(Problem::invalid("/expires_at", "must be later than now"));
        }
        let old = cx.find::<WalletItem>(input.id.as_str()).await?;
        let grant = Grant {
            id: WalletGrantId::new(cx.now()),
            currency: input.currency,
            amount: input.amount.minor(),
            left: input.amount.minor(),
            cost: input.cost.unwrap_or_default().clamp(0, MAX_AMOUNT),
            priority: input.priority.unwrap_or_default(),
            expires_at,
            created_at: cx.now(),
        };
        let wallet = old
            .as_ref()
            .map_or_else(|| WalletItem::new(&input.id), |old| old.item.clone());
        let next = wallet.given(grant.clone())?;
        let sum = (grant.currency, grant.amount);
        let changes = Changes::new()
            .write(keep(cx, old.as_ref(), &next)?)
            .write(moved(
                cx,
                &input.id,
                MovementKind::Granted,
                sum,
                grant.id.as_str(),
            )?)
            .event(Event::about(
                "wallet.granted",
                grant.id.as_str(),
                &WalletGrant::from(&grant),
            ))
            .object(input.id.as_str(), old.as_ref().map(|old| &old.item), Some(&next));
        let changes = ledger::post(cx, changes, super::books::granted(&input.id, &grant)).await?;
        Ok(Outcome::changed(WalletGrant::from(&grant), changes))
    }
}
