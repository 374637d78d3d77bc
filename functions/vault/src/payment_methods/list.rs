//! `GET /vault/v1/payment-methods`: a page of payment methods, masked, newest first.

use super::{ALL, MethodItem, PaymentMethod, of_customer};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Early, Endpoint, Outcome, Uses, methods},
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
    const EARLY: Option<Early<CustomersPageInput>> = Some(|cx, input| {
        Box::pin(async move {
            let (items, _) = page(cx, input).await?;
            Ok(items.iter().map(|item| key(cx, item)).collect())
        })
    });

    async fn handle(
        cx: &Context,
        input: CustomersPageInput,
    ) -> Result<Outcome<Listed<PaymentMethod>>, Problem> {
        let (items, next_cursor) = page(cx, input).await?;
        Ok(Outcome::read(Listed {
            data: open_all(cx, &items).await?,
            next_cursor,
        }))
    }
}

async fn page(
    cx: &Context,
    input: CustomersPageInput,
) -> Result<(Vec<Stored<MethodItem>>, Option<String>), Problem> {
    let (customer, page) = input.page();
    match &customer {
        Some(customer) => cx.list::<MethodItem>(1, &of_customer(customer), &page).await,
        None => cx.list::<MethodItem>(2, ALL, &page).await,
    }
}

fn key(cx: &Context, item: &MethodItem) -> Key {
    SubjectKeyItem::key(cx.tenant(), item.id.as_str(), item.shown_by())
}

/// Opens several with one read of their keys. One whose key has been destroyed is left out.
async fn open_all(cx: &Context, items: &[Stored<MethodItem>]) -> Result<Vec<PaymentMethod>, Problem> {
    let keys: Vec<Key> = items.iter().map(|item| key(cx, item)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = cx.batch(&keys).await?;
    let mut methods = Vec::with_capacity(items.len());
    for item in items {
        if let Some(subject) = batch.take::<SubjectKeyItem>(&key(cx, item))? {
            methods.push(item.shown(cx, &subject).await?);
        }
    }
    Ok(methods)
}
