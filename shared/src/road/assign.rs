//! Giving roles to people and API clients: the one place that decides whether a caller may.

use super::context::Context;
use crate::{
    access::rbac::{Exclusion, Role, excluded, may_give},
    kernel::{problem::Problem, text::RoleId},
    store::Key,
};

/// The roles that a caller wants to give to somebody, sorted and without repetition, if there are such and the caller
/// may give each of them to one holder together.
///
/// # Errors
/// 422 for roles that do not exist or exclude each other, 403 for one that the caller may not give, 503.
pub async fn assignable(cx: &Context, wanted: &[RoleId]) -> Result<Vec<Role>, Problem> {
    let mut names: Vec<&str> = wanted.iter().map(RoleId::as_str).collect();
    if !(1..=10).contains(&names.len()) {
        return Err(Problem::invalid("/roles", "must be one to ten roles"));
    }
    names.sort_unstable();
    names.dedup();
    let keys: Vec<Key> = names.iter().map(|r| cx.key::<Role>(r)).collect();
    let mut batch = cx.batch(&keys).await?;
    let mut roles = Vec::new();
    for (name, key) in names.iter().zip(&keys) {
        let Some(role) = batch.take::<Role>(key)? else {
            return Err(Problem::invalid("/roles", format!("there is no role {name}")));
        };
        may_give(&cx.principal().roles, &role).map_err(|right| exceeds(name, right))?;
        roles.push(role.item);
    }
    if let Some(Exclusion(one, other)) = excluded(&roles) {
        let text = format!("hold {one} and {other}, which exclude each other");
        return Err(Problem::invalid("/roles", text));
    }
    Ok(roles)
}

/// 403 for a role that holds more than the caller may give.
#[must_use]
pub fn exceeds(role: &str, right: &str) -> Problem {
    let text = format!("The role {role} holds the right {right}, which you may not give.");
    Problem::new(403, "role_exceeds_yours", text)
}
