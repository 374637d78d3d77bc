//! The worker `send_mail`: sends each mail when it is made, and makes those about what waits for a second person and about what happens
//! to somebody's account.

use super::{MailItem, MailStatus, alerts, approvals};
use futures::{StreamExt, stream};
use serde_json::Value;
use shared::{
    auth::Approval,
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    endpoint::Uses,
    mail::MailError,
    problem::Problem,
    road::{Context, OutboxItem},
    store::{Changes, Stored, Table, Write},
    triggers,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Mails that are sent at the same time.
const SIDE_BY_SIDE: usize = 5;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "send_mail",
    service: "identity",
    trigger: Trigger::Stream(&[Table::Identity]),
    place: Place::Home,
    summary: "Send each mail when it is made, then remove what it said; tell people what waits for them and what happens to their accounts",
    uses: &[
        Uses::Write(Table::Identity),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Pii),
        // The cursors of the list.
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Identity, 1),
        Uses::Mail,
    ],
    batch: 20,
    timeout: 60,
    run: |work, event| Box::pin(run(work, event)),
};

/// What a record brings.
enum Due {
    /// A mail to be sent.
    Mail(String),
    /// What waits for a second person.
    Approval(String),
    /// What somebody is to be told of their account.
    Notice(Box<OutboxItem>),
}

async fn run(work: Arc<Work>, event: Value) -> Result<Value, String> {
    let due = triggers::inserts(event)?.into_iter().filter_map(|record| {
        let sequence = record.sequence.clone();
        if let Some((tenant, id)) = record.is_a::<MailItem>() {
            return Some((sequence, tenant, Due::Mail(id)));
        }
        if let Some((tenant, id)) = record.is_a::<Approval>() {
            return Some((sequence, tenant, Due::Approval(id)));
        }
        let (tenant, event) = alerts::of_account(record)?;
        Some((sequence, tenant, Due::Notice(Box::new(event))))
    });
    let sent = stream::iter(due.collect::<Vec<_>>()).map(|(sequence, tenant, due)| {
        let cx = work.context(&tenant);
        async move {
            let done = match &due {
                Due::Mail(id) => attempt(&cx, id).await,
                Due::Approval(id) => approvals::tell(&cx, id).await.map_err(told),
                Due::Notice(event) => alerts::tell_owner(&cx, event).await.map_err(told),
            };
            let why = done.err()?;
            tracing::warn!(sequence, why, "a record comes again");
            Some(sequence)
        }
    });
    let failed: Vec<String> = sent
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    Ok(triggers::failures(failed))
}

fn told(problem: Problem) -> String {
    format!("{problem:?}")
}

/// Attempts a mail, if it is due and nobody else does.
///
/// # Errors
/// When something on our side fails. That SES does not take it is no error: it is noted in the item.
pub(super) async fn attempt(cx: &Context, id: &str) -> Result<(), String> {
    cx.may(Uses::Mail).map_err(told)?;
    let Some(mail) = cx.find::<MailItem>(id).await.map_err(told)? else {
        return Ok(());
    };
    let Some(claimed) = mail.claimed(cx.now().as_second()) else {
        return Ok(());
    };
    // Whichever region made it: who has taken the tenant over sends what is left.
    if !cx.at_home().await.map_err(told)? {
        return Ok(());
    }
    // What can fail on our side comes before the claim, so that it costs no attempt.
    let mailer = cx.app().mailer().await.map_err(told)?;
    let subject = SubjectKeyItem::key(cx.tenant(), mail.user.as_str(), Purpose::Pii);
    let mut found = cx.batch(std::slice::from_ref(&subject)).await.map_err(told)?;
    let Some(subject) = found.take::<SubjectKeyItem>(&subject).map_err(told)? else {
        // Its reader was erased, and the mail with them.
        return note(cx, &mail, &mail.over(MailStatus::Failed)).await;
    };
    let cipher = cx.subject(&subject).await.map_err(told)?;
    let (to, text) = open(&mail, &cipher).map_err(told)?;
    if !written(cx, cx.replace(&mail, &claimed)).await? {
        return Ok(());
    }
    let claimed = Stored {
        item: claimed,
        revision: mail.revision.saturating_add(1),
    };
    let sent = mailer.send(&to, mail.template.subject(), &text).await;
    let next = match sent {
        Ok(()) => claimed.over(MailStatus::Sent),
        Err(MailError::Rejected) => claimed.over(MailStatus::Failed),
        Err(MailError::Later) => claimed.later(cx.app().clock.now().as_second()),
    };
    tracing::info!(mail = id, status = ?next.status, tries = next.tries, "attempted");
    if next.status == MailStatus::Failed {
        tracing::error!(mail = id, tries = next.tries, "a mail is given up");
    }
    note(cx, &claimed, &next).await
}

fn open(mail: &MailItem, cipher: &SubjectCipher) -> Result<(String, String), Problem> {
    let (Some(to), Some(text)) = (&mail.to, &mail.text) else {
        return Err(Problem::internal("a pending mail is empty"));
    };
    let id = mail.id.as_str();
    Ok((
        cipher.open_text::<MailItem>(id, "-", "to", to)?,
        cipher.open_text::<MailItem>(id, "-", "text", text)?,
    ))
}

async fn note(cx: &Context, old: &Stored<MailItem>, new: &MailItem) -> Result<(), String> {
    if !written(cx, cx.replace(old, new)).await? {
        tracing::warn!(mail = new.id.as_str(), "an attempt outlived its lease");
    }
    Ok(())
}

/// Makes one write; `false` when somebody else was first.
async fn written(cx: &Context, write: Result<Write, Problem>) -> Result<bool, String> {
    let write = write.map_err(told)?;
    match cx.apply(Changes::new().write(write)).await {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(told(problem)),
    }
}
