//! Who holds what acts while nobody is there: API clients and webhooks. They end with the person who holds them.

use super::context::Context;
use crate::{
    access::{
        auth::{ApiClient, ClientStatus, User},
        rbac::{Decision, Policy, Right, Role},
    },
    declaration::uses::Uses,
    kernel::{
        ids::{ClientId, TenantId, UserId},
        problem::Problem,
    },
    process::app::App,
    store::{Attributes, Attrs, Item, Key, StoreError, Table, Value, decode, meter::Meter},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The person at the end of a chain of issuers, however long: a client that was issued by a client is its person's. None where the
/// chain breaks off or bites its tail.
async fn person_behind<F>(
    first: &str,
    mut issuer: impl FnMut(ClientId) -> F,
) -> Result<Option<String>, Problem>
where
    F: Future<Output = Result<Option<String>, Problem>>,
{
    let (mut at, mut seen) = (first.to_owned(), BTreeSet::new());
    while let Ok(client) = ClientId::parse(&at) {
        if !seen.insert(at) {
            return Ok(None);
        }
        match issuer(client).await? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

async fn read<T: Item>(app: &App, meter: &Meter, key: &Key) -> Result<Option<T>, Problem> {
    let found = app.database.get(meter, key).await.map_err(StoreError::problem)?;
    let item = found
        .map(|a| decode::<T>(a).map_err(Problem::internal))
        .transpose()?;
    Ok(item.map(|stored| stored.item))
}

/// The person who holds a client, where it still stands: none once they have left. What the platform itself has issued has no person
/// behind it.
///
/// # Errors
/// 503 when the store does not answer.
pub(crate) async fn of(
    app: &App,
    meter: &Meter,
    tenant: &TenantId,
    client: &ApiClient,
    found: Option<&HashMap<Key, Attrs>>,
) -> Result<Option<String>, Problem> {
    let issuer = async |id: ClientId| {
        let key = Key::of::<ApiClient>(tenant, id.as_str());
        Ok(read::<ApiClient>(app, meter, &key).await?.map(|c| c.issued_by))
    };
    let Some(person) = person_behind(&client.issued_by, issuer).await? else {
        return Ok(None);
    };
    if UserId::parse(&person).is_err() {
        return Ok(Some(person));
    }
    let key = Key::of::<User>(tenant, &person);
    let user = match found.and_then(|found| found.get(&key)) {
        Some(attributes) => Some(
            decode::<User>(attributes.clone())
                .map_err(Problem::internal)?
                .item,
        ),
        None => read::<User>(app, meter, &key).await?,
    };
    Ok(user
        .filter(|user| user.vouches(client.held_since()))
        .map(|_| person))
}

/// Somebody for whom something acts, as they are now.
pub struct Standing {
    id: String,
    client: bool,
    roles: Arc<Policy>,
}

impl Standing {
    /// Whether they may see an object with these attributes under a right.
    #[must_use]
    pub fn permits(&self, right: &Right, object: &Attributes) -> bool {
        let own = Attributes::from([("id", Value::Text(self.id.clone()))]);
        let decision = Decision::of(right, &self.roles);
        !(self.client && right.people_only()) && decision.may_begin() && decision.permits(object, &own)
    }
}

impl Context {
    /// The person who holds a client; none once they have left, and the client with them.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn holder(&self, client: &ApiClient) -> Result<Option<String>, Problem> {
        self.may(Uses::Read(Table::Tenancy))?;
        self.may(Uses::Read(Table::Identity))?;
        of(self.app(), self.meter(), self.tenant(), client, None).await
    }

    /// A user or an API client as they are now, with the roles of now, for what acts for them since then (Unix milliseconds).
    /// None once they are gone.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn standing(&self, id: &str, since: i64) -> Result<Option<Standing>, Problem> {
        let (client, roles) = if ClientId::parse(id).is_ok() {
            let Some(client) = self.find::<ApiClient>(id).await? else {
                return Ok(None);
            };
            if client.status != ClientStatus::Active || self.holder(&client).await?.is_none() {
                return Ok(None);
            }
            (true, client.item.roles)
        } else {
            match self.find::<User>(id).await? {
                Some(user) if user.vouches(since) => (false, user.item.roles),
                _ => return Ok(None),
            }
        };
        let keys: Vec<Key> = roles.iter().map(|role| self.key::<Role>(role)).collect();
        let roles = self.batch(&keys).await?.policy(&keys)?;
        Ok(Some(Standing {
            id: id.to_owned(),
            client,
            roles,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{
            auth::UserStatus,
            rbac::{APICLIENT_WRITE, CUSTOMER_READ, Effect, Filter, Grant},
        },
        kernel::time::Timestamp,
        store::Sealed,
    };

    fn client(n: usize) -> String {
        format!("cli_{n:026}")
    }

    async fn behind(first: &str, chain: &HashMap<String, String>) -> Option<String> {
        let issuer = |id: ClientId| {
            let next = chain.get(id.as_str()).cloned();
            async move { Ok(next) }
        };
        person_behind(first, issuer).await.unwrap()
    }

    #[tokio::test]
    async fn a_person_is_found_through_any_number_of_hops() {
        let person = "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        assert_eq!(behind(person, &HashMap::new()).await.as_deref(), Some(person));
        for hops in [1, 2, 3, 50, 500] {
            let mut chain: HashMap<String, String> = (0..hops).map(|n| (client(n), client(n + 1))).collect();
            assert_eq!(behind(&client(0), &chain).await, None, "it breaks off");
            chain.insert(client(hops), person.to_owned());
            assert_eq!(
                behind(&client(0), &chain).await.as_deref(),
                Some(person),
                "{hops} hops"
            );
            chain.insert(client(hops), client(hops / 2));
            assert_eq!(behind(&client(0), &chain).await, None, "it bites its tail");
        }
    }

    #[test]
    fn what_somebody_held_ends_with_them_and_does_not_come_back() {
        let mut user = User {
            id: UserId::new(Timestamp::UNIX_EPOCH),
            email: Sealed(Vec::new()),
            name: Sealed(Vec::new()),
            status: UserStatus::Active,
            roles: Vec::new(),
            signed_out_before: Some(i64::MAX),
            locked_until: Some(i64::MAX),
            sign_in_locked_until: None,
            networks: Vec::new(),
            ended_before: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        assert!(user.vouches(0), "neither a new password nor a lock ends it");
        user.status = UserStatus::Disabled;
        assert!(!user.vouches(i64::MAX));
        (user.status, user.ended_before) = (UserStatus::Active, Some(100));
        assert!(!user.vouches(99) && !user.vouches(100) && user.vouches(101));
    }

    #[test]
    fn whoever_stands_for_something_sees_what_they_may_see_themselves() {
        let german = Filter::Eq {
            attribute: "country".into(),
            value: "DE".into(),
        };
        let grant = |right: &str, filter| Grant {
            right: right.into(),
            effect: Effect::Allow,
            filter,
        };
        let grants = vec![
            grant("customer.read", Some(german)),
            grant("apiclient.write", None),
        ];
        let standing = |client| Standing {
            id: "x".into(),
            client,
            roles: Policy::of(vec![Role::new("r", 1, "R", grants.clone())]),
        };
        let from = |country: &str| Attributes::from([("country", country.into())]);
        for client in [false, true] {
            let it = standing(client);
            assert!(it.permits(&CUSTOMER_READ, &from("DE")));
            assert!(
                !it.permits(&CUSTOMER_READ, &from("FR")) && !it.permits(&CUSTOMER_READ, &Attributes::new())
            );
            assert_eq!(it.permits(&APICLIENT_WRITE, &Attributes::new()), !client);
        }
    }
}
