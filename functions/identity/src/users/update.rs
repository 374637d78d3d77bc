//! `PATCH /identity/v1/users/{id}`: whether they may sign in, and from which networks they may call.

use super::UserAnswer;
use schemars::JsonSchema;
use shared::{
    auth::{User, UserStatus},
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    networks::{self, Network},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
};

/// What comes in. What is absent stays as it is.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The user.
    #[public]
    id: UserId,
    /// `active` or `disabled`; disabling ends every session at once, and nobody disables themselves.
    #[public]
    status: Option<UserStatus>,
    /// Networks they may call from: at most fifty, none for any. One's own must contain the address of the call.
    #[internal]
    #[schemars(length(max = 50))]
    networks: Option<Vec<Network>>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_user",
        methods::patch,
        "/identity/v1/users/{id}",
        Access::Right(&rbac::USER_WRITE),
        Audit::Change,
        "Disable or enable a user, and list the networks they may call from",
    )
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = UserAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<User>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<UserAnswer>, Problem> {
        let id = input.id.as_str();
        let (before, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        let own = cx.principal().id() == id;
        let mut after = before.item.clone();
        if let Some(listed) = &input.networks {
            after.networks = if own {
                networks::listed_by(listed, cx.request().address)?
            } else {
                networks::listed(listed)?
            };
        }
        if let Some(status) = input.status.filter(|s| *s != before.status) {
            match (before.status, status) {
                (_, UserStatus::Invited) => {
                    return Err(Problem::invalid("/status", "must be active or disabled"));
                }
                (UserStatus::Invited, _) => {
                    let text = "The user has been invited and has not chosen a password yet.";
                    return Err(Problem::wrong_state("invited", text));
                }
                _ if own => return Err(Problem::invalid("/status", "nobody disables themselves")),
                _ => after.status = status,
            }
            // Sessions of before do not come back when the user is enabled again.
            after.signed_out_before = Some(cx.now().as_millisecond());
        }
        let changes =
            Changes::new()
                .write(cx.replace(&before, &after)?)
                .object(id, Some(&before.item), Some(&after));
        Ok(Outcome::changed(UserAnswer::open(&after, &cipher)?, changes))
    }
}
