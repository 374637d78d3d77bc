//! `GET /identity/v1/users/{id}/sign-ins`: a user's sign-ins, newest first.

use super::{SignIn, SignInId, SignInOutcome};
use serde::Serialize;
use shared::{
    auth::User,
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Sealed, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The user.
    #[public]
    id: UserId,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// One attempt.
#[derive(Record, Serialize)]
#[record(name = "SignIn")]
pub struct SignInAnswer {
    /// Its id.
    #[public]
    id: SignInId,
    /// When (RFC 3339 UTC).
    #[public]
    at: Instant,
    /// What came of it.
    #[public]
    outcome: SignInOutcome,
    /// From which address.
    #[personal]
    address: Option<String>,
    /// With which program, as it names itself.
    #[personal]
    device: Option<String>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "SignInList")]
pub struct Answer {
    /// The attempts of the last twelve months.
    #[nested]
    data: Vec<SignInAnswer>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_sign_ins",
        methods::get,
        "/identity/v1/users/{id}/sign-ins",
        Access::Right(&rbac::USER_READ),
        Audit::Sensitive,
        "List a user's attempts to sign in, newest first",
    )
    .uses(&[
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Identity),
    ]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<User>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = input.id.as_str();
        let (_, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        let page = page(input.limit, input.cursor);
        let (found, next_cursor) = cx.list_below::<SignIn>(id, &page).await?;
        let now = cx.now().as_second();
        let mut data = Vec::new();
        for sign_in in found.iter().filter(|s| now < s.expires_at) {
            let open = |field: &str, sealed: &Option<Sealed>| {
                let opened = sealed
                    .as_ref()
                    .map(|s| cipher.open_text::<SignIn>(id, sign_in.id.as_str(), field, s));
                opened.transpose()
            };
            data.push(SignInAnswer {
                id: sign_in.id.clone(),
                at: Instant::from(sign_in.at),
                outcome: sign_in.outcome,
                address: open("address", &sign_in.address)?,
                device: open("device", &sign_in.device)?,
            });
        }
        Ok(Outcome::read(Answer { data, next_cursor }).concerning(id))
    }
}
