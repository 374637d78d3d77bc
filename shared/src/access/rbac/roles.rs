//! Roles: versioned sets of grants, and the ones that every tenant starts with.

use super::{Filter, rights};
use crate::{
    kernel::record::Record,
    store::{Item, Table},
};
use serde::{Deserialize, Serialize};

/// Allow or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "GrantEffect")]
pub enum Effect {
    /// Grants the right where the filter holds.
    Allow,
    /// Takes the right where the filter holds or cannot be evaluated.
    Deny,
}

/// One line of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The right's name.
    pub right: String,
    /// Allow or deny.
    pub effect: Effect,
    /// For which objects; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
}

/// Two rights that exclude each other (separation of duties).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion(pub String, pub String);

crate::plain_shape!(Grant, "One line of a role.", right: String, effect: Effect, filter: Option<Filter>);

impl crate::kernel::shape::Shaped for Exclusion {
    fn shape() -> crate::kernel::shape::Shape {
        <[String; 2] as crate::kernel::shape::Shaped>::shape()
    }
}

/// A role of a tenant.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Role {
    /// Its id, unique in the tenant.
    #[public]
    pub id: String,
    /// Its version.
    #[public]
    pub version: u32,
    /// What people call it.
    #[internal]
    pub name: String,
    /// What it grants.
    #[internal]
    pub grants: Vec<Grant>,
    /// Pairs of rights that none of its holders may both use.
    #[internal]
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
    /// Networks that its holders may call from (CIDR); none listed means any.
    #[internal]
    #[serde(default)]
    pub networks: Vec<String>,
    /// What its holders' passwords and sessions are held to; none means the tenant's policy.
    #[internal]
    #[serde(default)]
    pub policy: Option<crate::access::password_policy::Policy>,
}

impl Role {
    /// A role.
    #[must_use]
    pub fn new(id: &str, version: u32, name: &str, grants: Vec<Grant>) -> Self {
        Self {
            id: id.into(),
            version,
            name: name.into(),
            grants,
            exclusions: Vec::new(),
            networks: Vec::new(),
            policy: None,
        }
    }

    /// The same, none of whose holders may use both rights of a pair.
    #[must_use]
    pub fn excluding(mut self, pairs: &[(rights::Right, rights::Right)]) -> Self {
        let pair =
            |(one, other): &(rights::Right, rights::Right)| Exclusion(one.name.into(), other.name.into());
        self.exclusions.extend(pairs.iter().map(pair));
        self
    }
}

impl Item for Role {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "role";
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<crate::store::Listing> {
        Some(crate::store::Listing {
            list: "roles".into(),
            sort: self.id.clone(),
        })
    }
}

/// What one person does not do alone (separation of duties): credit somebody and send the money, say what is taxed and what is paid.
const DUTIES: [(rights::Right, rights::Right); 2] = [
    (rights::CREDIT_WRITE, rights::PAYMENT_REFUND),
    (rights::TAX_WRITE, rights::INVOICE_SETTLE),
];

/// Who writes journal entries does not close the month that they are in.
const BOOKS: [(rights::Right, rights::Right); 1] = [(rights::LEDGER_POST, rights::LEDGER_CLOSE)];

fn allow(id: &str, name: &str, rights: &[rights::Right]) -> Role {
    let grants = rights
        .iter()
        .map(|r| Grant {
            right: r.name.into(),
            effect: Effect::Allow,
            filter: None,
        })
        .collect();
    Role::new(id, 1, name, grants)
}

/// The roles that a new tenant starts with.
#[must_use]
pub fn shipped() -> Vec<Role> {
    use rights::*;
    vec![
        allow(
            "administrator",
            "Administrator",
            &[
                TENANT_READ,
                APPROVAL_READ,
                APPROVAL_DECIDE,
                TENANT_WRITE,
                APICLIENT_WRITE,
                APICLIENT_READ,
                USER_WRITE,
                USER_READ,
                ROLE_READ,
                ROLE_WRITE,
                ROLE_ASSIGN,
                POLICY_WRITE,
                USER_UNLOCK,
                WEBHOOK_WRITE,
                WEBHOOK_READ,
                WEBHOOK_RETRY,
                AUDIT_READ,
                AUDIT_EXPORT,
                AUDIT_ALERT,
                AUDIT_PURGE,
                KEY_READ,
                KEY_ROTATE,
            ],
        ),
        allow(
            "finance",
            "Finance",
            &[
                CUSTOMER_READ,
                CATALOG_WRITE,
                CATALOG_READ,
                INVOICE_WRITE,
                INVOICE_READ,
                INVOICE_FINALIZE,
                INVOICE_VOID,
                INVOICE_SETTLE,
                SUBSCRIPTION_WRITE,
                SUBSCRIPTION_READ,
                USAGE_READ,
                BILLING_RUN,
                CREDIT_WRITE,
                CREDIT_READ,
                TAX_READ,
                VAULT_READ,
                PAYMENT_READ,
                PAYMENT_CAPTURE,
                PAYMENT_CANCEL,
                LEDGER_READ,
            ],
        )
        .excluding(&DUTIES),
        allow(
            "controller",
            "Controller",
            &[
                CUSTOMER_READ,
                INVOICE_READ,
                SUBSCRIPTION_READ,
                USAGE_READ,
                CREDIT_READ,
                TAX_WRITE,
                TAX_READ,
                LEDGER_READ,
                LEDGER_CLOSE,
            ],
        )
        .excluding(&DUTIES)
        .excluding(&BOOKS),
        allow(
            "billing_integration",
            "Billing integration",
            &[
                INVOICE_VOID,
                INVOICE_SETTLE,
                SUBSCRIPTION_WRITE,
                SUBSCRIPTION_READ,
                USAGE_WRITE,
                USAGE_READ,
                BILLING_RUN,
                CREDIT_WRITE,
                CREDIT_READ,
                TAX_WRITE,
                TAX_READ,
            ],
        ),
        allow("accountant", "Accountant", &[LEDGER_READ, LEDGER_POST]).excluding(&BOOKS),
        allow("treasurer", "Treasurer", &[PAYMENT_READ, LEDGER_READ]),
        allow(
            "support",
            "Support",
            &[
                CUSTOMER_WRITE,
                CUSTOMER_READ,
                CATALOG_READ,
                INVOICE_READ,
                SUBSCRIPTION_READ,
                USAGE_READ,
                CREDIT_READ,
                VAULT_READ,
                PAYMENT_READ,
            ],
        ),
        allow(
            "risk_analyst",
            "Risk analyst",
            &[
                CUSTOMER_READ,
                VAULT_READ,
                PAYMENT_READ,
                RISK_CHECK,
                RISK_READ,
                RISK_LIST,
                RISK_LABEL,
                REVIEW_READ,
                REVIEW_DECIDE,
            ],
        ),
        allow(
            "risk_manager",
            "Risk manager",
            &[RISK_READ, RISK_RULE, REVIEW_READ],
        ),
        allow(
            "auditor",
            "Auditor",
            &[
                TENANT_READ,
                USER_READ,
                ROLE_READ,
                AUDIT_READ,
                AUDIT_EXPORT,
                KEY_READ,
                LEDGER_READ,
            ],
        ),
        allow(
            "privacy_officer",
            "Privacy officer",
            &[CUSTOMER_READ, AUDIT_READ, PRIVACY_WRITE, PRIVACY_READ],
        ),
        allow(
            "integration",
            "Integration",
            &[
                CUSTOMER_WRITE,
                CUSTOMER_READ,
                CATALOG_WRITE,
                CATALOG_READ,
                INVOICE_WRITE,
                INVOICE_READ,
                INVOICE_FINALIZE,
                VAULT_WRITE,
                VAULT_READ,
                VAULT_DELETE,
                PAYMENT_WRITE,
                PAYMENT_READ,
                PAYMENT_CAPTURE,
                PAYMENT_CANCEL,
                PAYMENT_REFUND,
                RISK_CHECK,
                RISK_READ,
                RISK_LABEL,
            ],
        ),
        allow(
            "card_custodian",
            "Card custodian",
            &[VAULT_READ, VAULT_REVEAL, VAULT_DELETE],
        ),
        allow(
            "webhook_manager",
            "Webhook manager",
            &[WEBHOOK_WRITE, WEBHOOK_READ, WEBHOOK_RETRY],
        ),
    ]
}

/// The role of the people and systems that run the platform.
#[must_use]
pub fn operator() -> Role {
    allow(
        "operator",
        "Operator",
        &[rights::PLATFORM_TENANT, rights::TENANT_READ, rights::TENANT_WRITE],
    )
}
