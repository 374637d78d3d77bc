//! `GET /vault/v1/payment-methods`: a page of payment methods, masked, newest first.

use super::{ALL, MethodItem, PaymentMethod, of_customer};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CustomersPageInput, Listed},
    problem::Problem,
    rbac,
    road::Context,
    store::{Key, Stored, Table},
};

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_payment_methods",
        methods::get,
        "/vault/v1/payment-methods",
        Access::Right(&rbac::VAULT_READ),
        Audit::Sensitive,
        "List payment methods, masked, newest first",
    )
    .uses(&[
        Uses::Read(Table::Vault),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Vault, 1),
        Uses::List(Table::Vault, 2),
    ]);
    type Input = CustomersPageInput;
    type Answer = Listed<PaymentMethod>;

    async fn handle(
        cx: &Context,
        input: CustomersPageInput,
    ) -> Result<Outcome<Listed<PaymentMethod>>, Problem> {
        let (customer, page) = input.page();
        let (items, next_cursor) = match &customer {
            Some(customer) => cx.list::<MethodItem>(1, &of_customer(customer), &page).await?,
            None => cx.list::<MethodItem>(2, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed {
            data: open_all(cx, &items).await?,
            next_cursor,
        }))
    }
}

/// Opens several with one read of their keys. One whose key has been destroyed is left out.
async fn open_all(cx: &Context, items: &[Stored<MethodItem>]) -> Result<Vec<PaymentMethod>, Problem> {
    let key = |c: &MethodItem| SubjectKeyItem::key(cx.tenant(), c.id.as_str(), c.shown_by());
    let keys: Vec<Key> = items.iter().map(|c| key(c)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = cx.batch(&keys).await?;
    let mut methods = Vec::with_capacity(items.len());
    for item in items {
        if let Some(subject) = batch.take::<SubjectKeyItem>(&key(item))? {
            methods.push(item.shown(cx, &subject).await?);
        }
    }
    Ok(methods)
}
