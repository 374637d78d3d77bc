//! `GET /keys/v1/keys`: the tenant's keys.

use super::TenantKey;
use serde::Serialize;
use shared::{
    crypto::{Purpose, TenantKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Key, Table},
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "TenantKeyList")]
pub struct Answer {
    /// One key for each purpose.
    #[nested]
    data: Vec<TenantKey>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_keys",
        methods::get,
        "/keys/v1/keys",
        Access::Right(&rbac::KEY_READ),
        Audit::Sensitive,
        "List the tenant's keys: versions, ages and states",
    )
    .uses(&[Uses::Read(Table::Keys)]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let keys: Vec<Key> = Purpose::ALL
            .iter()
            .map(|p| cx.key::<TenantKeyItem>(p.name()))
            .collect();
        let mut batch = cx.batch(&keys).await?;
        let mut data = Vec::new();
        for key in &keys {
            let found = batch.take::<TenantKeyItem>(key)?;
            data.extend(found.map(|item| TenantKey::at(&item, cx.now())));
        }
        Ok(Outcome::read(Answer { data }))
    }
}
