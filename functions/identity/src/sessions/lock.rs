//! The lock: how attempts are reserved, given back and timed out.
//!
//! An attempt is counted before any time is spent on its password, so that parallel attempts get no more
//! tries than consecutive ones. The states stand with [`Credential`]; every arrow is one conditional update.

use shared::{
    auth::{Credential, Policy},
    problem::Problem,
    road::Context,
    store::{Stored, Update, Value},
    time::Timestamp,
};

/// A reserved attempt: the credential, and the attempt's number since the last success.
pub struct Attempt {
    /// The credential as it was reserved.
    pub credential: Credential,
    /// 1 for the first.
    pub number: i64,
}

fn number(n: i64) -> shared::store::Attribute {
    shared::store::attribute(&Value::Number(n))
}

/// Whether a credential is locked at `now`.
#[must_use]
pub fn is_locked(credential: &Credential, policy: &Policy, now: Timestamp) -> bool {
    credential.attempts >= policy.max_attempts
        && now.as_second() < credential.attempted_at.saturating_add(policy.lock_seconds)
}

/// Reserves an attempt. `None` when there is no such credential, or it is locked.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn reserve(cx: &Context, lookup: &str, policy: &Policy) -> Result<Option<Attempt>, Problem> {
    let now = cx.now().as_second();
    let open = Update::new()
        .number("attempted_at", now)
        .add("attempts", 1)
        .when("#attempts < :max", &[(":max", number(policy.max_attempts))]);
    let locked = match cx.reserve::<Credential>(lookup, "-", &open).await? {
        Ok(stored) => return Ok(Some(attempt(stored))),
        Err(None) => return Ok(None),
        Err(Some(locked)) => locked,
    };
    if is_locked(&locked, policy, cx.now()) {
        return Ok(None);
    }
    // The lock has run out: whoever comes first starts a new count.
    let reopen = Update::new()
        .number("attempted_at", now)
        .number("attempts", 1)
        .when(
            "#attempts >= :max AND #attempted_at = :seen",
            &[
                (":max", number(policy.max_attempts)),
                (":seen", number(locked.attempted_at)),
            ],
        );
    Ok(cx
        .reserve::<Credential>(lookup, "-", &reopen)
        .await?
        .ok()
        .map(attempt))
}

fn attempt(stored: Stored<Credential>) -> Attempt {
    Attempt {
        number: stored.attempts,
        credential: stored.item,
    }
}

/// The update that a success makes: it takes its own and all earlier attempts off the count. It fails when
/// others have locked the credential meanwhile, because a valid sign-in never clears a lock.
#[must_use]
pub fn succeed(attempt: &Attempt, policy: &Policy) -> Update {
    let mine = number(attempt.number);
    let update = Update::new().add("attempts", -attempt.number);
    if attempt.number >= policy.max_attempts {
        update.when("#attempts >= :mine", &[(":mine", mine)])
    } else {
        let max = number(policy.max_attempts);
        update.when(
            "#attempts >= :mine AND #attempts < :max",
            &[(":mine", mine), (":max", max)],
        )
    }
}
