//! Choosing passwords: what a new one is held to, and the write that sets it.

use crate::sessions::lock;
use shared::{
    auth::{Credential, DEEPEST, OldPassword, Passwords, Policy, check_policy},
    problem::Problem,
    road::Context,
    store::Update,
    text::SecretText,
};

/// The update that sets a new password on a credential whose password is still the one of `seen`.
///
/// The count of attempts begins anew, so that a sign-in with the old password that is on its way is refused.
///
/// # Errors
/// 422 at `/password` when the policy does not take it, or it is one of the latest; 503.
pub async fn choose(
    cx: &Context,
    policy: &Policy,
    seen: &Credential,
    password: SecretText,
    own_words: &[&str],
) -> Result<Update, Problem> {
    let refused = |why: String| Problem::invalid("/password", why);
    check_policy(policy, &password, own_words).map_err(refused)?;
    let passwords = cx.app().passwords_for(Some(seen.pepper)).await?;
    let latest = latest(seen);
    let depth = usize::try_from(policy.history).unwrap_or(usize::MAX);
    let refusable: Vec<OldPassword> = latest.iter().take(depth).cloned().collect();
    let hashed = tokio::task::spawn_blocking(move || {
        for old in &refusable {
            if matches(&passwords, old, &password)? {
                return Ok(None);
            }
        }
        passwords
            .hash(&password)
            .map(Some)
            .map_err(|e| Problem::internal(e.0))
    });
    let hashed = hashed
        .await
        .map_err(|_| Problem::internal("hashing ended early"))??;
    let again = || refused(format!("is one of the last {} passwords", policy.history));
    let hashed = hashed.ok_or_else(again)?;
    let update = Update::new()
        .bytes("password", hashed.phc.as_bytes())
        .number("pepper", i64::from(hashed.pepper))
        .number("password_set_at", cx.now().as_millisecond())
        .truth("must_change", false)
        .number("attempts", 0)
        .value("history", &latest)?;
    Ok(lock::unchanged(update, seen))
}

/// What becomes the history once the password changes: the current one, then the earlier ones.
fn latest(seen: &Credential) -> Vec<OldPassword> {
    let current = seen.password.clone().map(|password| OldPassword {
        password,
        pepper: seen.pepper,
    });
    let deepest = usize::try_from(DEEPEST).unwrap_or(usize::MAX);
    current
        .into_iter()
        .chain(seen.history.iter().cloned())
        .take(deepest)
        .collect()
}

/// Whether a password is an earlier one. One under a pepper that has been destroyed is nobody's any more.
fn matches(passwords: &Passwords, old: &OldPassword, password: &SecretText) -> Result<bool, Problem> {
    if !passwords.knows(old.pepper) {
        return Ok(false);
    }
    let phc = std::str::from_utf8(&old.password.0)
        .map_err(|_| Problem::internal("an earlier password is no text"))?;
    passwords
        .verify(Some((phc, old.pepper)), password)
        .map_err(|e| Problem::internal(e.0))
}

/// A password verified: whether it is right, and its hash anew when the kept one is outdated.
pub struct Verified {
    /// Whether it is right.
    pub right: bool,
    /// The update that upgrades its hash.
    pub upgrade: Option<(String, u32)>,
}

/// Verifies a password against a credential, or against a decoy, which takes as long and never succeeds.
///
/// # Errors
/// 500 when the hash or its pepper is unusable; 503.
pub async fn verify(
    cx: &Context,
    credential: Option<&Credential>,
    password: SecretText,
) -> Result<Verified, Problem> {
    let kept = credential.and_then(|c| Some((c.password.clone()?, c.pepper)));
    let pepper = kept.as_ref().map(|(_, pepper)| *pepper);
    let passwords = cx.app().passwords_for(pepper).await?;
    if pepper.is_some_and(|pepper| passwords.is_retired(pepper)) {
        cx.used_retired_key();
    }
    // A password whose pepper has been destroyed is right for nobody: its owner resets it.
    let kept = kept.filter(|(_, pepper)| passwords.knows(*pepper));
    let began = cx.app().clock.monotonic();
    let verified = tokio::task::spawn_blocking(move || {
        let hashed = match &kept {
            Some((phc, pepper)) => std::str::from_utf8(&phc.0).ok().map(|phc| (phc, *pepper)),
            None => None,
        };
        let right = passwords.verify(hashed, &password)?;
        let upgrade = match hashed {
            Some((phc, pepper)) if right && passwords.is_outdated(phc, pepper) => {
                Some(passwords.hash(&password)?)
            }
            _ => None,
        };
        Ok(Verified {
            right,
            upgrade: upgrade.map(|h| (h.phc, h.pepper)),
        })
    });
    let verified = verified
        .await
        .map_err(|_| Problem::internal("password verification ended early"))?;
    cx.meter()
        .hashed(cx.app().clock.monotonic().saturating_sub(began));
    verified.map_err(|e: shared::auth::PasswordError| Problem::internal(e.0))
}
