//! Users of a tenant: people who are invited, choose a password and sign in. Their personal data is sealed.

pub mod create;
pub mod disable_inactive;
pub mod list;
pub mod read;
pub mod reset_password;
pub mod unlock;
pub mod update;

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
    time::Instant,
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
    /// When they were invited or created (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl UserAnswer {
    /// Opens a user.
    ///
    /// # Errors
    /// 500 when a field does not open.
    pub fn open(user: &User, cipher: &SubjectCipher) -> Result<Self, Problem> {
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
