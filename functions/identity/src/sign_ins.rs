//! The history of sign-ins: when, from where, with which program, and what came of it. Kept for twelve months.
//!
//! Beside it stands when a user last signed in, by which whoever has not for ninety days is disabled.

pub mod list;

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{TenantId, UserId},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Item, Sealed, Table, Update, Write},
    time::Timestamp,
};

/// Seconds that an entry is kept: twelve months.
const KEEP: i64 = 365 * 24 * 3600;
/// Seconds without a sign-in after which a user is disabled: ninety days (PCI DSS 4.0.1, 8.2.6).
pub const INACTIVE: i64 = 90 * 24 * 3600;

shared::id_type!(
    /// An attempt to sign in.
    SignInId, "sgn"
);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum SignInOutcome {
    /// A session.
    Succeeded,
    /// The password was wrong.
    WrongPassword,
    /// The password was right, and a second factor is asked for.
    Challenged,
    /// The code of the second factor was wrong.
    WrongCode,
    /// The passkey was unknown or blocked, or its signature was wrong.
    WrongPasskey,
    /// The counter of the passkey went back, so somebody else has it, too: it is blocked.
    ClonedPasskey,
    /// There were too many failures before.
    Locked,
    /// The user is invited only, or disabled.
    NotActive,
    /// The user had not signed in for ninety days, and is disabled now.
    Inactive,
}

/// One attempt, below its user.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SignIn {
    /// Its id.
    #[public]
    pub id: SignInId,
    /// Whose account.
    #[public]
    pub user: UserId,
    /// When.
    #[public]
    pub at: Timestamp,
    /// What came of it.
    #[public]
    pub outcome: SignInOutcome,
    /// From where, sealed under the user's key.
    #[personal]
    #[serde(default)]
    pub address: Option<Sealed>,
    /// With which program.
    #[personal]
    #[serde(default)]
    pub device: Option<Sealed>,
    /// Unix seconds of its end.
    #[public]
    pub expires_at: i64,
}

impl SealedItem for SignIn {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.user.as_str(), Purpose::Pii);
        seals
            .maybe("address", self.address.as_mut())
            .maybe("device", self.device.as_mut());
        seals
    }
}

impl Item for SignIn {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "sign-in";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Show people and administrators who tried to sign in",
            shared::processing::Subjects::Users,
            shared::processing::Basis::Contract,
            "12 months",
            shared::processing::Reach::Nothing,
        )
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.user.as_str()
    }
    fn sort(&self) -> String {
        self.id.to_string()
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires_at)
    }
}

impl SignIn {
    /// An attempt on a user's account from where the call comes from.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn of(
        cx: &Context,
        user: &UserId,
        cipher: Option<&SubjectCipher>,
        outcome: SignInOutcome,
    ) -> Result<Self, Problem> {
        let id = SignInId::new(cx.now());
        let seal = |field: &str, text: Option<String>| {
            let sealed = cipher
                .zip(text)
                .map(|(c, t)| c.seal::<Self>(user.as_str(), id.as_str(), field, t.as_bytes()));
            sealed.transpose()
        };
        let (address, device) = place(cx);
        Ok(Self {
            address: seal("address", address)?,
            device: seal("device", device)?,
            id: id.clone(),
            user: user.clone(),
            at: cx.now(),
            outcome,
            expires_at: cx.now().as_second().saturating_add(KEEP),
        })
    }
}

/// Address and program that a call comes from.
#[must_use]
pub fn place(cx: &Context) -> (Option<String>, Option<String>) {
    let request = cx.request();
    let device = Some(request.agent.clone()).filter(|a| !a.is_empty());
    (request.address.map(|a| a.to_string()), device)
}

/// When a user last signed in.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct LastSignIn {
    /// The user.
    #[public]
    pub user: UserId,
    /// Unix seconds.
    #[public]
    pub at: i64,
}

impl Item for LastSignIn {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "last-sign-in";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Disable users who no longer sign in",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Until the tenant ends",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.user.as_str()
    }
}

impl LastSignIn {
    /// Whether it is ninety days ago.
    #[must_use]
    pub fn is_long_ago(&self, now: Timestamp) -> bool {
        now.as_second() >= self.at.saturating_add(INACTIVE)
    }

    /// The write that starts the ninety days anew.
    #[must_use]
    pub fn now(cx: &Context, user: &UserId) -> Write {
        let update = Update::new()
            .text("user", user.as_str())
            .number("at", cx.now().as_second());
        cx.update::<Self>(user.as_str(), "-", update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_days_are_long_ago_and_a_second_less_is_not() {
        let start = 1_700_000_000;
        let at = |second| Timestamp::from_second(start + second).unwrap();
        let last = LastSignIn {
            user: UserId::new(at(0)),
            at: start,
        };
        let day = 24 * 3600;
        for (second, long_ago) in [
            (0, false),
            (90 * day - 1, false),
            (90 * day, true),
            (400 * day, true),
        ] {
            assert_eq!(last.is_long_ago(at(second)), long_ago, "{second}");
        }
        assert!(
            !last.is_long_ago(at(-day)),
            "a clock that went back disables nobody"
        );
    }
}
