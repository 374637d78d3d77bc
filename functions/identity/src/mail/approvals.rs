//! From what waits for a second person to one mail for each who may decide: a part of `send_mail`, which hears of every new item of its
//! table. However often the record comes it is one mail, and until all are made it comes again.

use super::{MailId, MailItem, about_approval};
use shared::{
    auth::{Approval, ApprovalStatus, Tenant, User, UserStatus},
    crypto::{Purpose, SubjectKeyItem},
    problem::Problem,
    rbac::{APPROVAL_DECIDE, Decision, Policy, Role},
    road::Context,
    store::{Attributes, Changes, Item, Key},
};
use std::collections::{BTreeMap, BTreeSet};

/// Most who are told of one request.
const MOST: usize = 20;

/// Tells whoever may decide.
///
/// # Errors
/// 503; the record comes again.
pub(super) async fn tell(cx: &Context, id: &str) -> Result<(), Problem> {
    let Some(approval) = cx.find::<Approval>(id).await? else {
        return Ok(());
    };
    // Both regions' streams bring it, and the tenant's home tells.
    if approval.status != ApprovalStatus::Pending || !cx.at_home().await? {
        return Ok(());
    }
    let tenant = cx.find::<Tenant>(cx.tenant().as_str()).await?;
    let name = tenant.map(|t| t.item.name).unwrap_or_default();
    for user in deciders(cx, &approval).await? {
        mail(cx, &approval, &user, &name).await?;
    }
    Ok(())
}

/// Who may decide: active people whose roles say so, and never whoever asked.
async fn deciders(cx: &Context, approval: &Approval) -> Result<Vec<User>, Problem> {
    let mut found = Vec::new();
    let mut roles: BTreeMap<String, Option<Role>> = BTreeMap::new();
    let mut pages = cx.oldest_first::<User>(1, "users");
    while let Some(page) = pages.next().await? {
        let users: Vec<User> = page.into_iter().map(|user| user.item).collect();
        let active =
            |user: &&User| user.status == UserStatus::Active && *user.id.as_str() != *approval.person;
        let named: BTreeSet<&String> = users.iter().filter(active).flat_map(|user| &user.roles).collect();
        let keys: Vec<(String, Key)> = named
            .into_iter()
            .filter(|role| !roles.contains_key(*role))
            .map(|role| (role.clone(), cx.key::<Role>(role)))
            .collect();
        for some in keys.chunks(100) {
            let only: Vec<Key> = some.iter().map(|(_, key)| key.clone()).collect();
            let mut batch = cx.batch(&only).await?;
            for (role, key) in some {
                roles.insert(role.clone(), batch.take::<Role>(key)?.map(|role| role.item));
            }
        }
        for user in users.iter().filter(active) {
            let held = user.roles.iter().filter_map(|role| roles.get(role)?.clone());
            let decision = Decision::of(&APPROVAL_DECIDE, &Policy::of(held.collect()));
            let own = Attributes::from([("id", user.id.as_str().into())]);
            if decision.may_begin() && decision.permits(&approval.filterable(), &own) {
                found.push(user.clone());
            }
            if found.len() == MOST {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Makes one mail, unless it has been made or its reader is gone.
async fn mail(cx: &Context, approval: &Approval, user: &User, tenant: &str) -> Result<(), Problem> {
    let id = MailId::about(approval.created_at, approval.id.as_str(), &user.id);
    let keys = [
        cx.key::<MailItem>(id.as_str()),
        SubjectKeyItem::key(cx.tenant(), user.id.as_str(), Purpose::Pii),
    ];
    let mut found = cx.batch(&keys).await?;
    let [mail, subject] = &keys;
    if found.take::<MailItem>(mail)?.is_some() {
        return Ok(());
    }
    let Some(subject) = found.take::<SubjectKeyItem>(subject)? else {
        return Ok(());
    };
    let cipher = cx.subject(&subject).await?;
    let to = cipher.open_text::<User>(user.id.as_str(), "-", "email", &user.email)?;
    let write = about_approval(cx, id, (&user.id, &to, &cipher), tenant, approval)?;
    match cx.apply(Changes::new().write(write)).await {
        // A lost race: another run has made it.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
