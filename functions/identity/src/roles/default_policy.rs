//! `PUT /identity/v1/password-policy`: what roles without a policy of their own are held to. It holds from the next call,
//! sign-in or new password on, and a second person approves it.

use super::{
    password_policy::{Profile, policy_input},
    policy_answer::PolicyAnswer,
};
use shared::{
    auth::{CharacterClass, Policy, Tenant},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

policy_input! {
    /// What comes in: a profile, `mfa` or `pci-single-factor`, and what is to differ from it.
    Input {}
}

/// The endpoint.
#[derive(Debug)]
pub struct Put;

impl Endpoint for Put {
    const DECLARATION: Declaration = Declaration::new(
        "put_default_password_policy",
        methods::put,
        "/identity/v1/password-policy",
        Access::Right(&rbac::POLICY_WRITE),
        Audit::Alert,
        "Set what passwords and sessions are held to where a role says nothing",
    )
    .four_eyes()
    .uses(&[Uses::Write(Table::Tenancy)]);
    type Input = Input;
    type Answer = PolicyAnswer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<PolicyAnswer>, Problem> {
        let policy = input.policy()?;
        let policy = policy.ok_or_else(|| Problem::invalid("/profile", "is what this sets"))?;
        // It was read with the caller.
        let tenant = cx.tenant().as_str();
        let old = cx.get::<Tenant>(tenant).await?;
        let new = Tenant {
            policy: Some(policy.clone()),
            ..old.item.clone()
        };
        let changes =
            Changes::new()
                .write(cx.replace(&old, &new)?)
                .object(tenant, Some(&old.item), Some(&new));
        Ok(Outcome::changed(policy.into(), changes))
    }
}
