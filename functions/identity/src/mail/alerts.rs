//! The worker `mail_alerts`: from an alert's event to one mail for each user that its rule names. Mails about somebody's own account are made
//! here as well, for `send_mail`: the stream that their events come by has no room for another reader.
//!
//! The mail's id is made of alert, or event, and user, and created once: however often the record comes, and wherever a worker dies, it is
//! one mail. Sending it is the business of `send_mail` and `retry_mail`.

use super::{AlertSaid, MailId, MailItem, Notice, about_account, about_alert};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    auth::{Tenant, User, UserStatus},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::Uses,
    ids::{TenantId, UserId},
    problem::Problem,
    road::{Context, OutboxItem},
    store::{Changes, Table},
    triggers::{self, Inserted},
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// The event.
const RAISED: &str = "alert.raised";
/// What touches the log itself is told to administrators where nobody is named for it.
const CRITICAL: &str = "critical";
/// The role whose holders those are.
const ADMINISTRATOR: &str = "administrator";
/// Users that are looked at for administrators, and most of them that are told.
const USERS: i32 = 100;
const MOST: usize = 10;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "mail_alerts",
    service: "identity",
    trigger: Trigger::Stream(&[Table::Alerts]),
    place: Place::Home,
    summary: "Make a mail of every alert for every user that its rule names",
    uses: &[
        Uses::Write(Table::Identity),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Pii),
        Uses::List(Table::Identity, 1),
    ],
    batch: 50,
    timeout: 60,
    run: |work, event| Box::pin(run(work, event)),
};

/// The data of an event.
#[derive(Deserialize)]
struct Data {
    object: AlertSaid,
}

async fn run(work: Arc<Work>, event: Value) -> Result<Value, String> {
    let mut failed = Vec::new();
    for record in triggers::inserts(event)? {
        let sequence = record.sequence.clone();
        let Some((tenant, event)) = raised(record) else {
            continue;
        };
        if let Err(problem) = tell(&work.context(&tenant), &event).await {
            tracing::warn!(
                sequence,
                code = problem.code,
                internal = problem.internal,
                "an alert comes again"
            );
            failed.push(sequence);
        }
    }
    Ok(triggers::failures(failed))
}

/// The data of an event about an account.
#[derive(Deserialize)]
struct Account {
    id: UserId,
}

/// The event of an alert, whichever region raised it; `None` for any other item.
fn raised(record: Inserted) -> Option<(TenantId, OutboxItem)> {
    let (tenant, _) = record.is_a::<OutboxItem>()?;
    let event: OutboxItem = serde_dynamo::from_item(record.image).ok()?;
    (event.kind == RAISED && event.tenant == tenant).then_some((tenant, event))
}

/// The event of somebody's account that they get mail about, whichever region it is of; `None` for any other item.
pub(super) fn of_account(record: Inserted) -> Option<(TenantId, OutboxItem)> {
    let (tenant, _) = record.is_a::<OutboxItem>()?;
    let event: OutboxItem = serde_dynamo::from_item(record.image).ok()?;
    (Notice::of(&event.kind).is_some() && event.tenant == tenant).then_some((tenant, event))
}

/// Makes the mail that tells somebody of their account, at the tenant's home.
///
/// # Errors
/// 503 when the store or KMS does not answer.
pub(super) async fn tell_owner(cx: &Context, event: &OutboxItem) -> Result<(), Problem> {
    let Some(notice) = Notice::of(&event.kind) else {
        return Ok(());
    };
    if !cx.at_home().await? {
        return Ok(());
    }
    let Ok(Account { id }) = serde_json::from_str(&event.data) else {
        // It would never parse: to ask for it again would hold up the whole shard.
        tracing::error!(event = event.id.as_str(), "an event of an account names no user");
        return Ok(());
    };
    mail(cx, event, event.id.as_str(), &id, &About::Account(notice)).await
}

/// Makes the mails of one alert.
async fn tell(cx: &Context, event: &OutboxItem) -> Result<(), Problem> {
    // Both regions' streams bring it, and the tenant's home tells.
    if !cx.at_home().await? {
        return Ok(());
    }
    let Ok(Data { object: alert }) = serde_json::from_str::<Data>(&event.data) else {
        // It would never parse: to ask for it again would hold up the whole shard.
        tracing::error!(
            event = event.id.as_str(),
            "the event of an alert does not say what it is"
        );
        return Ok(());
    };
    let readers = match alert.mail_to.as_slice() {
        [] if alert.severity == CRITICAL => administrators(cx).await?,
        named => named.to_vec(),
    };
    for user in readers {
        mail(cx, event, &alert.id, &user, &About::Alert(&alert)).await?;
    }
    Ok(())
}

/// Active administrators, the first ten.
async fn administrators(cx: &Context) -> Result<Vec<UserId>, Problem> {
    let users = cx
        .within_list::<User>(1, "users", (" ".into(), "~".into()), USERS)
        .await?;
    let holds = |u: &User| u.status == UserStatus::Active && u.roles.iter().any(|r| r == ADMINISTRATOR);
    let found = users.into_iter().map(|u| u.item).filter(holds).take(MOST);
    Ok(found.map(|u| u.id).collect())
}

/// What a mail is about.
enum About<'a> {
    Alert(&'a AlertSaid),
    Account(Notice),
}

/// Makes one mail, unless it has been made or its reader is gone. `of` tells it from others to the same reader.
async fn mail(
    cx: &Context,
    event: &OutboxItem,
    of: &str,
    user: &UserId,
    about: &About<'_>,
) -> Result<(), Problem> {
    let id = MailId::about(event.occurred_at, of, user);
    let keys = [
        cx.key::<MailItem>(id.as_str()),
        cx.key::<User>(user.as_str()),
        SubjectKeyItem::key(cx.tenant(), user.as_str(), Purpose::Pii),
        cx.key::<Tenant>(cx.tenant().as_str()),
    ];
    let mut found = cx.batch(&keys).await?;
    let [mail_key, user_key, subject_key, tenant_key] = &keys;
    if found.take::<MailItem>(mail_key)?.is_some() {
        return Ok(());
    }
    let reader = found.take::<User>(user_key)?;
    let reader = reader.filter(|u| u.status == UserStatus::Active);
    let subject = found.take::<SubjectKeyItem>(subject_key)?;
    let (Some(reader), Some(subject)) = (reader, subject) else {
        tracing::warn!(user = user.as_str(), of, "a mail has lost its reader");
        return Ok(());
    };
    let cipher = cx.subject(&subject).await?;
    let to = cipher.open_text::<User>(user.as_str(), "-", "email", &reader.email)?;
    let name = found.take::<Tenant>(tenant_key)?.map(|t| t.item.name);
    let (reader, name) = ((user, to.as_str(), &cipher), name.unwrap_or_default());
    let write = match about {
        About::Alert(alert) => about_alert(cx, id, reader, &name, alert)?,
        About::Account(notice) => about_account(cx, id, reader, &name, (*notice, event.occurred_at))?,
    };
    match cx.apply(Changes::new().write(write)).await {
        // A lost race: another run has made it.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::Timestamp;

    #[test]
    fn a_mail_is_one_for_each_alert_and_reader() {
        let at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let (a, b) = (UserId::new(at), UserId::new(at));
        let id = MailId::about(at, "alt_1", &a);
        assert_eq!(id, MailId::about(at, "alt_1", &a));
        assert!(MailId::parse(id.as_str()).is_ok());
        assert_ne!(id, MailId::about(at, "alt_1", &b));
        assert_ne!(id, MailId::about(at, "alt_2", &a));
    }
}
