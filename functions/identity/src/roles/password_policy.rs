//! `PUT /identity/v1/roles/{id}/password-policy`: what passwords and sessions of a role's holders are held to.
//!
//! The policy is part of the role: setting it makes a new version of the role, and a second person approves it.

use super::{RoleVersion, list::RoleAnswer};
use serde::{Deserialize, Serialize};
use shared::{
    auth::{CharacterClass, Policy},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac::{self, Role},
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::RoleId,
};

/// What a policy begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "kebab-case")]
#[choice(name = "PasswordProfile")]
pub enum Profile {
    /// The tenant's policy, whatever it is: the role has none of its own. It takes no further fields.
    TenantDefault,
    /// 12 characters, no expiry, second factor required.
    Mfa,
    /// 15 characters, letters and digits, 90 days, last 4, 10 attempts, 30 minutes.
    PciSingleFactor,
}

/// An input with a profile and what is to differ from it, after fields of its own.
macro_rules! policy_input {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Record)]
        #[record(input)]
        pub struct $name {
            $($own)*
            /// What the policy begins with.
            #[internal]
            profile: Profile,
            /// Fewest characters, 12 to 64; at least 15 where no second factor is required.
            #[internal]
            min_length: Option<u32>,
            /// Days after which a password must be changed; at most 90 where no second factor is required.
            #[internal]
            max_age_days: Option<u32>,
            /// How many of the latest passwords, the current one included, may not come again: 4 to 24.
            #[internal]
            history: Option<u32>,
            /// What a password must hold beside letters and digits.
            #[internal]
            #[record(length(max = 5))]
            classes: Option<Vec<CharacterClass>>,
            /// Least score of zxcvbn, 3 or 4.
            #[internal]
            min_score: Option<u8>,
            /// Consecutive failures before the lock, 3 to 10.
            #[internal]
            max_attempts: Option<i64>,
            /// Seconds of the lock, 1800 to 86400.
            #[internal]
            lock_seconds: Option<i64>,
            /// Seconds without a call after which a session ends, 60 to 900.
            #[internal]
            idle_seconds: Option<i64>,
            /// Seconds after which a session ends in any case, 900 to 43200.
            #[internal]
            absolute_seconds: Option<i64>,
            /// Whether a second factor is needed.
            #[internal]
            second_factor: Option<bool>,
        }

        impl $name {
            /// Whether nothing differs from the profile.
            fn is_bare(&self) -> bool {
                self.min_length.is_none()
                    && self.max_age_days.is_none()
                    && self.history.is_none()
                    && self.classes.is_none()
                    && self.min_score.is_none()
                    && self.max_attempts.is_none()
                    && self.lock_seconds.is_none()
                    && self.idle_seconds.is_none()
                    && self.absolute_seconds.is_none()
                    && self.second_factor.is_none()
            }

            /// The policy; none is the default above it.
            fn policy(&self) -> Result<Option<Policy>, Problem> {
                let base = match self.profile {
                    Profile::TenantDefault if self.is_bare() => return Ok(None),
                    Profile::TenantDefault => {
                        return Err(Problem::invalid("/profile", "takes no further fields"));
                    }
                    Profile::Mfa => Policy::mfa(),
                    Profile::PciSingleFactor => Policy::pci_single_factor(),
                };
                let mut classes = base.classes;
                classes.extend(self.classes.iter().flatten());
                let policy = Policy {
                    min_length: self.min_length.unwrap_or(base.min_length),
                    max_age_days: self.max_age_days.or(base.max_age_days),
                    history: self.history.unwrap_or(base.history),
                    classes,
                    min_score: self.min_score.unwrap_or(base.min_score),
                    max_attempts: self.max_attempts.unwrap_or(base.max_attempts),
                    lock_seconds: self.lock_seconds.unwrap_or(base.lock_seconds),
                    idle_seconds: self.idle_seconds.unwrap_or(base.idle_seconds),
                    absolute_seconds: self.absolute_seconds.unwrap_or(base.absolute_seconds),
                    second_factor: self.second_factor.unwrap_or(base.second_factor),
                };
                let checked = policy.check();
                checked.map_err(|(field, why)| Problem::invalid(&format!("/{field}"), why))?;
                Ok(Some(policy))
            }
        }
    };
}
pub(super) use policy_input;

policy_input! {
    /// What comes in: a profile, and what is to differ from it.
    Input {
        /// The role.
        #[public]
        id: RoleId,
        /// The version of the role that this one replaces.
        #[public]
        replaces: u32,
    }
}

/// The endpoint.
#[derive(Debug)]
pub struct Put;

impl Endpoint for Put {
    const DECLARATION: Declaration = Declaration::new(
        "put_password_policy",
        methods::put,
        "/identity/v1/roles/{id}/password-policy",
        Access::Right(&rbac::POLICY_WRITE),
        Audit::Alert,
        "Set what passwords and sessions of a role's holders are held to",
    )
    .refuses(&[codes::VERSION_CONFLICT])
    .four_eyes()
    .changes_policy()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = RoleAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<Role>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<RoleAnswer>, Problem> {
        let old = cx.get::<Role>(input.id.as_str()).await?;
        if old.version != input.replaces {
            let text = "This is not the version that the role has now.";
            return Err(Problem::conflict("version_conflict", text).with("version", old.version.into()));
        }
        let new = Role {
            version: old.version.saturating_add(1),
            policy: input.policy()?,
            ..old.item.clone()
        };
        let kept = RoleVersion::of(&new, cx.principal().id(), cx.now());
        let changes = Changes::new()
            .write(cx.replace(&old, &new)?)
            .write(cx.create(&kept)?)
            .object(input.id.as_str(), Some(&old.item), Some(&new));
        Ok(Outcome::changed(RoleAnswer::of(new)?, changes))
    }
}
