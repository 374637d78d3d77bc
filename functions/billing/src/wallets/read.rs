//! `GET /billing/v1/customers/{id}/wallet`: what credit a customer has, and how it came and went.

use super::{MovementItem, MovementKind, WalletGrant, WalletItem, WalletMovementId, kept::movements_of};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    customer::CustomerRef,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    money::Currency,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Page, Table},
    time::Instant,
};

/// Movements that are told; the books have all of them.
const TOLD: i32 = 50;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The customer.
    #[public]
    id: CustomerId,
}

/// What can be used, in one currency.
#[derive(Record, Serialize)]
pub struct WalletBalance {
    /// The currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// How much, in minor units.
    #[internal]
    pub amount: i64,
}

/// How credit came or went.
#[derive(Record, Serialize)]
pub struct WalletMovement {
    /// Its id.
    #[public]
    pub id: WalletMovementId,
    /// Why.
    #[public]
    pub kind: MovementKind,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// How much came, in minor units; below zero what went.
    #[internal]
    pub amount: i64,
    /// The invoice, credit note or grant that it is about.
    #[public]
    pub of: String,
    /// When (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

/// A wallet as answered.
#[derive(Record, Serialize)]
pub struct Wallet {
    /// Whose.
    #[public]
    pub customer: CustomerId,
    /// What can be used now.
    #[nested]
    pub balances: Vec<WalletBalance>,
    /// What it is made of, oldest first; what has run out stands there until it is swept.
    #[nested]
    pub grants: Vec<WalletGrant>,
    /// The latest movements, newest first.
    #[nested]
    pub movements: Vec<WalletMovement>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_wallet",
        methods::get,
        "/billing/v1/customers/{id}/wallet",
        Access::Right(&rbac::CREDIT_READ),
        Audit::Log,
        "Read what credit a customer has, and how it came and went",
    )
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::List(Table::Billing, 1),
        Uses::Key(Purpose::Secret),
    ]);
    type Input = Input;
    type Answer = Wallet;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CustomerRef>(), at.key::<WalletItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Wallet>, Problem> {
        let id = input.id.as_str();
        cx.get::<CustomerRef>(id).await?;
        let wallet = cx.find::<WalletItem>(id).await?;
        if wallet.is_none()
            && !cx.shows(
                "wallet",
                &shared::store::Attributes::from([("customer", id.into())]),
            )
        {
            return Err(Problem::not_found());
        }
        let page = Page {
            limit: TOLD,
            descending: true,
            ..Page::oldest()
        };
        let (movements, _) = cx.list::<MovementItem>(1, &movements_of(id), &page).await?;
        let wallet = wallet.map_or_else(|| WalletItem::new(&input.id), |wallet| wallet.item);
        let balances = wallet.balances(cx.now()).into_iter();
        let movement = |item: MovementItem| WalletMovement {
            id: item.id,
            kind: item.kind,
            currency: item.currency,
            amount: item.amount,
            of: item.of,
            created_at: item.created_at.into(),
        };
        let answer = Wallet {
            customer: input.id.clone(),
            balances: balances
                .map(|(currency, amount)| WalletBalance { currency, amount })
                .collect(),
            grants: wallet.grants.iter().map(WalletGrant::from).collect(),
            movements: movements
                .into_iter()
                .map(|stored| movement(stored.item))
                .collect(),
        };
        Ok(Outcome::read(answer).concerning(id))
    }
}
