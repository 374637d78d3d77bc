//! Users of a tenant: people who are invited, choose a password and sign in. Their personal data is sealed.

pub mod create;
pub mod disable_inactive;
pub mod list;
pub mod read;
pub mod reset_password;
pub mod reset_second_factor;
pub mod unlock;
pub mod update;

use crate::{passkeys::Passkeys, second_factors::SecondFactor};
use serde::Serialize;
use shared::{
    auth::{Credential, User, UserStatus},
    crypto::SubjectCipher,
    ids::UserId,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Event, Sealed, Stored, Table, Update, Write, attribute},
    text::{EmailAddress, Name},
    time::{Instant, Timestamp, after},
};

/// A user as answered.
#[derive(Record, Serialize)]
#[record(name = "User")]
pub struct UserAnswer {
    /// Their id.
    #[public]
    pub id: UserId,
    /// Their name.
    #[personal]
    pub name: Name,
    /// Their e-mail address.
    #[personal]
    pub email: EmailAddress,
    /// Whether they may sign in.
    #[public]
    pub status: UserStatus,
    /// Their roles.
    #[internal]
    pub roles: Vec<String>,
    /// Networks they may call from; none listed means any.
    #[internal]
    pub networks: Vec<String>,
    /// Until when they are locked, because too many attempts failed; absent where they are not (RFC 3339 UTC).
    #[public]
    pub locked_until: Option<Instant>,
    /// Their second factors; told where one user is read.
    #[nested]
    pub second_factors: Option<UserFactors>,
    /// When they were invited or created (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

/// What second factors a user has.
#[derive(Record, Serialize)]
pub struct UserFactors {
    /// Whether they use an authenticator's codes.
    #[public]
    pub totp: bool,
    /// How many passkeys they have.
    #[public]
    pub passkeys: u32,
    /// How many recovery codes are left.
    #[public]
    pub recovery_codes: u32,
}

impl UserFactors {
    /// Of what is kept.
    #[must_use]
    pub fn of(totp: Option<&SecondFactor>, passkeys: Option<&Passkeys>) -> Self {
        let totp = totp.filter(|factor| factor.active);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let codes = totp.map_or(0, |t| t.codes.len()) + passkeys.map_or(0, |p| p.codes.len());
        Self {
            totp: totp.is_some(),
            passkeys: count(passkeys.map_or(0, |p| p.keys.len())),
            recovery_codes: count(codes),
        }
    }
}

impl UserAnswer {
    /// Opens a user.
    ///
    /// # Errors
    /// 500 when a field does not open.
    pub fn open(user: &User, cipher: &SubjectCipher, now: Timestamp) -> Result<Self, Problem> {
        let text =
            |field: &str, sealed: &Sealed| cipher.open_text::<User>(user.id.as_str(), "-", field, sealed);
        let parsed = |_: &str| Problem::internal("a stored user does not parse");
        Ok(Self {
            id: user.id.clone(),
            name: Name::parse(&text("name", &user.name)?).map_err(parsed)?,
            email: EmailAddress::kept(text("email", &user.email)?),
            status: user.status,
            roles: user.roles.clone(),
            networks: user.networks.clone(),
            locked_until: user
                .lock(now)
                .map(|until| Instant::from(after(Timestamp::UNIX_EPOCH, until))),
            second_factors: None,
            created_at: Instant::from(user.created_at),
        })
    }
}

/// A change of the credential under a lookup, if it is still this user's.
#[must_use]
pub fn update_credential(cx: &Context, user: &User, lookup: &str, change: Update) -> Write {
    let owner = attribute(&user.id.as_str().into());
    cx.update::<Credential>(lookup, "-", change.when("#user = :owner", &[(":owner", owner)]))
}

/// What changes where somebody who may changes a user together with their credential, and the event that tells of it.
///
/// # Errors
/// 500 when an item does not encode.
pub fn with_credential(
    cx: &Context,
    old: &Stored<User>,
    (lookup, change): (&str, Update),
    new: &User,
    event: &'static str,
) -> Result<Changes, Problem> {
    let id = old.id.as_str();
    Ok(Changes::new()
        .write(update_credential(cx, old, lookup, change))
        .write(cx.replace(old, new)?)
        .event(Event::about(event, id, new))
        .object(id, Some(&old.item), Some(new)))
}

/// Under which a user's credential is kept.
///
/// # Errors
/// 500 when the address does not open, 503.
pub async fn lookup(cx: &Context, user: &User, cipher: &SubjectCipher) -> Result<String, Problem> {
    let address = cipher.open_text::<User>(user.id.as_str(), "-", "email", &user.email)?;
    let address = EmailAddress::kept(address);
    let lookup = cx
        .blind_index(Table::Identity, "email", &address.normalised())
        .await?;
    Ok(hex::encode(lookup))
}
