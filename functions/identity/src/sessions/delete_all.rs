//! `DELETE /identity/v1/sessions`: sign out everywhere, here too.

use crate::portal_cookie;
use shared::{
    auth::{PrincipalKind, User},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    record::Nothing,
    road::Context,
    store::{Changes, Table},
};

/// The endpoint.
#[derive(Debug)]
pub struct DeleteAll;

impl Endpoint for DeleteAll {
    const DECLARATION: Declaration = Declaration::new(
        "delete_sessions",
        methods::delete,
        "/identity/v1/sessions",
        Access::Session,
        Audit::Change,
        "Sign out everywhere, here too",
    )
    .status(204)
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Nothing;
    type Answer = Nothing;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let old = cx.get::<User>(user.as_str()).await?;
        let new = User {
            signed_out_before: Some(cx.now().as_millisecond()),
            ..old.item.clone()
        };
        let changes =
            Changes::new()
                .write(cx.replace(&old, &new)?)
                .object(user.as_str(), Some(&old.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes)
            .header(portal_cookie::SET_COOKIE, portal_cookie::no_cookie()))
    }
}
