//! `POST /identity/v1/users`: invite a person by mail.

use super::UserAnswer;
use crate::{
    mail::{CodeMail, compose},
    password_resets::PasswordToken,
};
use shared::{
    auth::{Credential, Tenant, User, UserStatus},
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Table},
    text::{EmailAddress, Name, RoleId},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Their e-mail address, unique in the tenant; the invitation goes there.
    #[personal]
    email: EmailAddress,
    /// Their name.
    #[personal]
    name: Name,
    /// One to ten of the tenant's roles. None of them may hold a right that the caller may not give.
    #[internal]
    #[record(length(min = 1, max = 10))]
    roles: Vec<RoleId>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_user",
        methods::post,
        "/identity/v1/users",
        Access::Right(&rbac::USER_WRITE),
        Audit::Alert,
        "Invite a user: a code that is good for seven days goes to their e-mail address",
    )
    .refuses(&[
        codes::EMAIL_TAKEN,
        codes::ROLE_EXCEEDS_YOURS,
        codes::SUBJECT_KEY_TAKEN,
    ])
    .status(201)
    .four_eyes()
    .uses(&[
        Uses::Write(Table::Identity),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
    ]);
    type Input = Input;
    type Answer = UserAnswer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<UserAnswer>, Problem> {
        let roles = rbac::assignable(cx, &input.roles).await?;
        let roles = roles.into_iter().map(|r| r.id).collect();
        let tenant = cx.get::<Tenant>(cx.tenant().as_str()).await?;
        let id = UserId::new(cx.now());
        let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Pii).await?;
        let seal = |field: &str, text: &str| cipher.seal::<User>(id.as_str(), "-", field, text.as_bytes());
        let user = User {
            email: seal("email", input.email.as_str())?,
            name: seal("name", input.name.as_str())?,
            status: UserStatus::Invited,
            roles,
            signed_out_before: None,
            ended_before: None,
            locked_until: None,
            sign_in_locked_until: None,
            networks: Vec::new(),
            created_at: cx.now(),
            id: id.clone(),
        };
        let address = input.email.normalised();
        let lookup = hex::encode(cx.blind_index(Table::Identity, "email", &address).await?);
        let credential = Credential::new(lookup, id.clone(), user.roles.clone());
        let taken = Problem::conflict("email_taken", "A user of this tenant has this e-mail address.");
        let (code, token) = PasswordToken::invitation(cx, &user, &credential.lookup);
        let mail = compose(
            cx,
            CodeMail::Invitation,
            (&id, input.email.as_str(), &cipher),
            &tenant.name,
            (&code, token.expires_at),
        )?;
        let changes = Changes::new()
            .write(cx.create(&credential)?.otherwise(taken))
            .write(cx.create(&user)?)
            .write(keep_key)
            .write(cx.create(&token)?)
            .write(mail)
            .event(Event::about("user.invited", id.as_str(), &user))
            .object(id.as_str(), None, Some(&user));
        Ok(Outcome::changed(
            UserAnswer::open(&user, &cipher, cx.now())?,
            changes,
        ))
    }
}
