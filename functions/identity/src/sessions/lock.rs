//! The lock: how attempts are reserved, given back and timed out.
//!
//! An attempt is counted before any time is spent on its password, so that parallel attempts get no more
//! tries than consecutive ones. The states stand with [`Credential`]; every arrow is one conditional update.
//!
//! An attempt is reserved under the limits that the credential keeps, and judged under the policy of today: one
//! whose number is beyond today's policy is refused whatever it presents, and leaves today's limits behind.

use shared::{
    auth::{Credential, MOST_ATTEMPTS, Policy, User},
    problem::Problem,
    road::Context,
    store::{Attribute, Changes, Event, Stored, Update, Value, attribute},
};

/// A reserved attempt: the credential, and the attempt's number since the last success.
pub struct Attempt {
    /// The credential as it was reserved.
    pub credential: Credential,
    /// 1 for the first.
    pub number: i64,
}

/// What came of reserving an attempt.
pub enum Reserved {
    /// One was there.
    Open(Box<Attempt>),
    /// The credential is locked.
    Locked(Box<Credential>),
    /// There is no such credential.
    Unknown,
}

impl Reserved {
    /// The credential, whatever state it is in.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Open(attempt) => Some(&attempt.credential),
            Self::Locked(credential) => Some(credential),
            Self::Unknown => None,
        }
    }

    /// The attempt, if it may try under today's policy.
    #[must_use]
    pub fn attempt(&self, policy: &Policy) -> Option<&Attempt> {
        match self {
            Self::Open(attempt) if attempt.number <= policy.max_attempts => Some(attempt),
            _ => None,
        }
    }
}

/// Where attempts fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// At the sign-in, where anybody can make them fail: the sessions that are there go on.
    SignIn,
    /// In a session: it is not its owner who guesses, so that their sessions are refused with it, at their next call.
    Session,
}

/// What the attempt that locks a user changes about them, and the event that tells of it. Whoever is let in by that very attempt
/// has shown the password, so this is for refusals only.
#[must_use]
pub fn closing(
    cx: &Context,
    (reserved, user, door): (&Reserved, Option<&User>, Door),
    policy: &Policy,
    changes: Changes,
) -> Changes {
    let Reserved::Open(attempt) = reserved else {
        return changes;
    };
    if attempt.number < policy.max_attempts {
        return changes;
    }
    let until = cx.now().as_second().saturating_add(policy.lock_seconds);
    let field = match door {
        Door::SignIn => "sign_in_locked_until",
        Door::Session => "locked_until",
    };
    let locked = Update::new()
        .number(field, until)
        .when("attribute_exists(#id)", &[]);
    let id = attempt.credential.user.as_str();
    let changes = changes.write(cx.update::<User>(id, "-", locked));
    match user {
        // The attempt before it has told.
        Some(user) if attempt.number == policy.max_attempts => {
            changes.event(Event::about("user.locked", id, user))
        }
        _ => changes,
    }
}

fn number(n: i64) -> Attribute {
    attribute(&Value::Number(n))
}

/// Reserves an attempt.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn reserve(cx: &Context, lookup: &str) -> Result<Reserved, Problem> {
    let now = cx.now().as_second();
    let most = number(MOST_ATTEMPTS);
    // Limits are absent until they have been set: then only what holds for every policy does.
    let open = Update::new()
        .number("attempted_at", now)
        .add("attempts", 1)
        .when("#attempts < :most", &[(":most", most)])
        .when(
            "attribute_not_exists(#max_attempts) OR #attempts < #max_attempts",
            &[],
        );
    let locked = match cx.reserve::<Credential>(lookup, "-", &open).await? {
        Ok(stored) => return Ok(attempt(stored)),
        Err(None) => return Ok(Reserved::Unknown),
        Err(Some(locked)) => locked,
    };
    if locked.is_locked(cx.now()) {
        return Ok(Reserved::Locked(Box::new(locked.item)));
    }
    // The lock has run out: whoever comes first starts a new count.
    let reopen = Update::new()
        .number("attempted_at", now)
        .number("attempts", 1)
        .when(
            "#attempts = :count AND #attempted_at = :seen",
            &[
                (":count", number(locked.attempts)),
                (":seen", number(locked.attempted_at)),
            ],
        );
    Ok(match cx.reserve::<Credential>(lookup, "-", &reopen).await? {
        Ok(stored) => attempt(stored),
        Err(_) => Reserved::Locked(Box::new(locked.item)),
    })
}

fn attempt(stored: Stored<Credential>) -> Reserved {
    Reserved::Open(Box::new(Attempt {
        number: stored.attempts,
        credential: stored.item,
    }))
}

/// The update that a success makes: it takes its own and all earlier attempts off the count. It fails when
/// others have locked the credential meanwhile, because a valid sign-in never clears a lock, and when another
/// password has been set.
#[must_use]
pub fn succeed(attempt: &Attempt, policy: &Policy) -> Update {
    let mine = number(attempt.number);
    let update = limits(policy).add("attempts", -attempt.number);
    let update = unchanged(update, &attempt.credential);
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

/// The update that leaves a policy's limits behind.
#[must_use]
pub fn limits(policy: &Policy) -> Update {
    Update::new()
        .number("max_attempts", policy.max_attempts)
        .number("lock_seconds", policy.lock_seconds)
}

/// Whether a credential keeps other limits than the policy's.
#[must_use]
pub fn differs(credential: &Credential, policy: &Policy) -> bool {
    (credential.max_attempts, credential.lock_seconds) != (policy.max_attempts, policy.lock_seconds)
}

/// Under the condition that the password is still the one of `seen`.
#[must_use]
pub fn unchanged(update: Update, seen: &Credential) -> Update {
    match seen.password_set_at {
        Some(at) => update.when("#password_set_at = :set_at", &[(":set_at", number(at))]),
        None => update.when("attribute_not_exists(#password_set_at)", &[]),
    }
}
