//! `GET /identity/v1/users/{id}`: a user.

use super::{UserAnswer, UserFactors};
use crate::{passkeys::Passkeys, second_factors::SecondFactor};
use shared::{
    auth::User,
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The user.
    #[public]
    id: UserId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_user",
        methods::get,
        "/identity/v1/users/{id}",
        Access::Right(&rbac::USER_READ),
        Audit::Sensitive,
        "Read a user, with their second factors and whether they are locked",
    )
    .uses(&[Uses::Read(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = UserAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![
            at.key::<User>(),
            at.key::<SecondFactor>(),
            at.key::<Passkeys>(),
            at.subject(Purpose::Pii),
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<UserAnswer>, Problem> {
        let id = input.id.as_str();
        let keys = [cx.key::<SecondFactor>(id), cx.key::<Passkeys>(id)];
        let mut beside = cx.batch(&keys).await?;
        let [totp, passkeys] = &keys;
        let (totp, passkeys) = (
            beside.take::<SecondFactor>(totp)?,
            beside.take::<Passkeys>(passkeys)?,
        );
        let (user, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        let factors = UserFactors::of(totp.as_deref(), passkeys.as_deref());
        let answer = UserAnswer {
            second_factors: Some(factors),
            ..UserAnswer::open(&user, &cipher, cx.now())?
        };
        Ok(Outcome::read(answer).concerning(id))
    }
}
