//! The caller, as the road found them.

use crate::{
    access::rbac::{Policy, Right, Role},
    kernel::{
        ids::{ClientId, SessionId, TenantId, UserId},
        time::Timestamp,
    },
    store::{Attributes, Value},
};
use std::sync::Arc;

/// Who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// Nobody: a public endpoint.
    Nobody,
    /// A user in a session.
    User {
        /// The user.
        user: UserId,
        /// The session.
        session: SessionId,
        /// When they signed in, for step-up.
        signed_in_at: Timestamp,
    },
    /// An API client.
    Client {
        /// The client.
        client: ClientId,
        /// The person who holds it, whoever issued it for them.
        owner: String,
    },
    /// A worker of the platform itself.
    Worker {
        /// Its name.
        name: &'static str,
    },
}

/// The caller of one request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Whose tenant.
    pub tenant: TenantId,
    /// Who.
    pub kind: PrincipalKind,
    /// Their roles as they are now.
    pub roles: Arc<Policy>,
}

impl Principal {
    /// Nobody, in a tenant.
    #[must_use]
    pub fn nobody(tenant: TenantId) -> Self {
        Self {
            tenant,
            kind: PrincipalKind::Nobody,
            roles: Arc::default(),
        }
    }
    /// A stable id: `usr_…`, `cli_…`, `worker:…` or `nobody`.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.kind {
            PrincipalKind::Nobody => "nobody".into(),
            PrincipalKind::User { user, .. } => user.to_string(),
            PrincipalKind::Client { client, .. } => client.to_string(),
            PrincipalKind::Worker { name } => format!("worker:{name}"),
        }
    }
    /// The person behind the caller: a user, or the user who issued the API client. A person and their API
    /// client are one person wherever two are needed.
    #[must_use]
    pub fn person(&self) -> String {
        match &self.kind {
            PrincipalKind::Client { owner, .. } => owner.clone(),
            _ => self.id(),
        }
    }

    /// Whether the caller may use this right at all: some are for people, whatever roles a client came to have.
    #[must_use]
    pub fn may_use(&self, right: &Right) -> bool {
        !(right.people_only() && matches!(self.kind, PrincipalKind::Client { .. }))
    }

    /// The versions of the roles that every decision about this caller is made from: `role/version` each.
    #[must_use]
    pub fn policy(&self) -> Vec<String> {
        let name = |r: &Role| format!("{}/{}", r.id, r.version);
        self.roles.iter().map(name).collect()
    }
    /// What filters may compare an object with.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        Attributes::from([("id", Value::Text(self.id()))])
    }
}
