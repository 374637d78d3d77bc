//! The second factor of a user: a secret for one-time passwords, and codes for when it is lost.
//!
//! ```text
//! none    --enrol-->   pending   again and again, each time with another secret
//! pending --confirm--> active    by the first code; from then on it counts
//! active  --remove-->  none      by a session that showed it, fresh
//! ```

pub mod enrolment;

pub use crate::recovery_code::RecoveryCode;
use crate::{
    passkeys::Passkeys,
    secret_token::digest_of,
    totp::{base32, step_of},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use shared::{
    auth::Session,
    crypto::{Purpose, SealedItem, Seals},
    ids::{TenantId, UserId},
    problem::Problem,
    record::Record,
    store::{Item, Sealed, Table},
    time::Timestamp,
};

/// How many recovery codes there are.
pub const CODES: usize = 10;

/// A user's second factor.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SecondFactor {
    /// Whose.
    #[public]
    pub user: UserId,
    /// The secret, sealed under their key.
    #[secret]
    pub secret: Sealed,
    /// Whether it counts.
    #[public]
    pub active: bool,
    /// The last step whose code was used.
    #[internal]
    pub last_step: i64,
    /// What is left of the recovery codes.
    #[nested]
    pub codes: Vec<RecoveryCode>,
    /// When it was enrolled.
    #[public]
    pub created_at: Timestamp,
}

impl SealedItem for SecondFactor {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.user.as_str(), Purpose::Pii);
        seals.field("secret", &mut self.secret);
        seals
    }
}

impl Item for SecondFactor {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "second-factor";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Hold a user's second factor",
            shared::processing::Subjects::Users,
            shared::processing::Basis::Contract,
            "Until it is removed",
            shared::processing::Reach::Nothing,
        )
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.user.as_str()
    }
}

/// What a presented code is.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented {
    /// The code of this step.
    Step(i64),
    /// The recovery code that stands here.
    Recovery(usize),
    /// Nothing.
    Wrong,
}

impl SecondFactor {
    /// Looks what a code is at `now`.
    #[must_use]
    pub fn presented(&self, secret: &[u8], code: &str, now: Timestamp) -> Presented {
        if let Some(step) = step_of(secret, code, now.as_second(), self.last_step) {
            return Presented::Step(step);
        }
        recovery(&self.codes, code).map_or(Presented::Wrong, Presented::Recovery)
    }
}

/// Where a recovery code stands. Every one is compared, so that time does not tell which it was.
#[must_use]
pub fn recovery(codes: &[RecoveryCode], code: &str) -> Option<usize> {
    let given = digest_of(&normalised(code));
    let mut found = None;
    for (n, kept) in codes.iter().enumerate() {
        if verify_slices_are_equal(&kept.digest.0, &given.0).is_ok() {
            found = Some(n);
        }
    }
    found
}

/// The codes without the one that stands here.
#[must_use]
pub fn without(codes: &[RecoveryCode], at: usize) -> Vec<RecoveryCode> {
    let left = codes.iter().enumerate().filter(|(n, _)| *n != at);
    left.map(|(_, code)| code.clone()).collect()
}

/// The refusal of a session that has not shown the second factor which there is.
#[must_use]
pub fn not_shown() -> Problem {
    let text = "Sign in with the second factor first.";
    Problem::new(403, "second_factor_not_shown", text)
}

/// Whether a session may add a second factor: the first one, or a further one if it has shown one itself. A session that
/// a password alone has begun must not make itself a way around the factor that its user has enrolled since.
///
/// # Errors
/// 403.
pub fn may_enrol(
    session: &Session,
    factor: Option<&SecondFactor>,
    passkeys: Option<&Passkeys>,
) -> Result<(), Problem> {
    let enrolled = factor.is_some_and(|f| f.active) || passkeys.is_some();
    (session.second_factor || !enrolled)
        .then_some(())
        .ok_or_else(not_shown)
}

/// A recovery code as it is hashed: people may leave out the dashes, and write small.
fn normalised(code: &str) -> String {
    let kept = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.collect::<String>().to_uppercase()
}

/// Fresh recovery codes: as shown, and as kept.
#[must_use]
pub fn recovery_codes() -> (Vec<String>, Vec<RecoveryCode>) {
    let shown: Vec<String> = (0..CODES)
        .map(|_| {
            let text = base32(&shared::random::bytes::<10>());
            let groups: Vec<String> = text
                .chars()
                .collect::<Vec<_>>()
                .chunks(4)
                .map(|group| group.iter().collect())
                .collect();
            groups.join("-")
        })
        .collect();
    let kept = shown.iter().map(|text| RecoveryCode {
        digest: digest_of(&normalised(text)),
    });
    let kept = kept.collect();
    (shown, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_found_however_they_are_written_and_nothing_else_is() {
        let (shown, codes) = recovery_codes();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let factor = SecondFactor {
            user: UserId::new(now),
            secret: Sealed(vec![]),
            active: true,
            last_step: 0,
            codes,
            created_at: now,
        };
        assert_eq!(shown.len(), CODES);
        let presented = |code: &str| factor.presented(b"secret", code, now);
        for (n, code) in shown.iter().enumerate() {
            assert_eq!(code.len(), 19, "{code}");
            assert_eq!(presented(code), Presented::Recovery(n));
            assert_eq!(
                presented(&code.to_lowercase().replace('-', " ")),
                Presented::Recovery(n)
            );
            assert_eq!(presented(&code[..18]), Presented::Wrong);
        }
        for wrong in ["", "-", "AAAA-AAAA-AAAA-AAAA"] {
            assert_eq!(presented(wrong), Presented::Wrong);
        }
    }
}
