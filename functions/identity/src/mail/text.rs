//! What mails say. A code stands in the text alone: never in an address that could be logged on its way.

use super::{MailId, MailItem, MailStatus, Template};
use serde::Deserialize;
use shared::{
    auth::Approval,
    crypto::SubjectCipher,
    ids::UserId,
    problem::Problem,
    road::Context,
    store::Write,
    time::{Timestamp, after, rfc3339},
};

/// What says a code, and until when it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMail {
    /// Somebody was invited.
    Invitation,
    /// Somebody wants a new password.
    PasswordReset,
}

impl CodeMail {
    const fn template(self) -> Template {
        match self {
            Self::Invitation => Template::Invitation,
            Self::PasswordReset => Template::PasswordReset,
        }
    }

    fn text(self, tenant: &str, code: &str, until: Timestamp, portal: &str) -> String {
        let until = rfc3339(until);
        match self {
            Self::Invitation => format!(
                "You are invited to work with \"{tenant}\" on Ledgerkeep.\n\n\
                 Choose a password with this code. It works once, until {until}:\n\n    {code}\n\n\
                 Enter it at {portal}/reset, or send it to POST /identity/v1/password-resets/confirm.\n\n\
                 If you did not expect this, do nothing: without the code nobody can sign in as you.\n"
            ),
            Self::PasswordReset => format!(
                "Somebody asked for a new password for your account with \"{tenant}\" on Ledgerkeep.\n\n\
                 Set it with this code. It works once, until {until}:\n\n    {code}\n\n\
                 Enter it at {portal}/reset, or send it to POST /identity/v1/password-resets/confirm.\n\n\
                 Setting it signs you out everywhere. If it was not you, do nothing: your password stays as it is.\n"
            ),
        }
    }
}

/// What an alert's event says, as far as a mail tells it: ids and the name of a rule. Whose address or which caller it is about
/// stays on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AlertSaid {
    /// Its id.
    pub id: String,
    /// The rule that raised it.
    pub rule: String,
    /// How bad it is.
    pub severity: String,
    /// One sentence.
    pub detail: String,
    /// The entries that raised it.
    #[serde(default)]
    pub entries: Vec<String>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// The users to be told.
    #[serde(default)]
    pub mail_to: Vec<UserId>,
}

/// What somebody is told about their own account: what they would want to know of if it was not them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Too many attempts failed.
    Locked,
    /// The password was changed.
    PasswordChanged,
    /// A second factor was enrolled.
    SecondFactorEnrolled,
    /// A second factor was removed.
    SecondFactorRemoved,
}

impl Notice {
    /// That of an event, where it is one.
    #[must_use]
    pub fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "user.locked" => Self::Locked,
            "user.password_changed" => Self::PasswordChanged,
            "user.second_factor_enrolled" => Self::SecondFactorEnrolled,
            "user.second_factor_removed" => Self::SecondFactorRemoved,
            _ => return None,
        })
    }

    const fn template(self) -> Template {
        match self {
            Self::Locked => Template::Locked,
            Self::PasswordChanged => Template::PasswordChanged,
            Self::SecondFactorEnrolled => Template::SecondFactorEnrolled,
            Self::SecondFactorRemoved => Template::SecondFactorRemoved,
        }
    }

    fn text(self, tenant: &str, at: Timestamp) -> String {
        let (what, then) = match self {
            Self::Locked => (
                "Too many attempts to sign in to your account failed, so nobody can sign in to it for a while. Sessions that were \
                 there go on.",
                "If it was not you, somebody may be trying passwords: tell your administrators. They can unlock your account.",
            ),
            Self::PasswordChanged => (
                "The password of your account was changed, and every sign-in has ended.",
                "If it was not you, ask for a new password at once, and tell your administrators.",
            ),
            Self::SecondFactorEnrolled => (
                "A second factor was added to your account.",
                "If it was not you, change your password at once, and tell your administrators.",
            ),
            Self::SecondFactorRemoved => (
                "A second factor of your account was removed.",
                "If it was not you, change your password at once, and tell your administrators.",
            ),
        };
        let at = rfc3339(at);
        format!("Your account with \"{tenant}\" on Ledgerkeep, at {at}:\n\n    {what}\n\n{then}\n")
    }
}

/// Entries that a mail names.
const NAMED: usize = 10;

impl AlertSaid {
    fn text(&self, tenant: &str, portal: &str) -> String {
        let Self {
            id,
            rule,
            severity,
            detail,
            entries,
            raised_at,
            ..
        } = self;
        let at = rfc3339(*raised_at);
        let named: Vec<&str> = entries.iter().take(NAMED).map(String::as_str).collect();
        let more = entries.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!("    and {more} more\n")
        } else {
            String::new()
        };
        format!(
            "The rule \"{rule}\" of \"{tenant}\" on Ledgerkeep has raised an alert of severity {severity} at {at}:\n\n    {detail}\n\n\
             Alert {id}, audit entries:\n\n    {}\n{more}\n\
             Whoever takes it up acknowledges it: {portal}/alerts, or POST /audit/v1/alerts/{id}/acknowledge.\n",
            named.join("\n    ")
        )
    }
}

/// Where the portal is, at the address that tokens name. Its links name pages, and nobody.
fn portal(cx: &Context) -> String {
    format!("{}/portal", cx.app().config.issuer)
}

/// The write that makes a mail to a user, sealed under their key. It goes into the transaction of its cause.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn compose(
    cx: &Context,
    template: CodeMail,
    reader: (&UserId, &str, &SubjectCipher),
    tenant_name: &str,
    code: (&str, Timestamp),
) -> Result<Write, Problem> {
    let ((user, to, cipher), (code, until)) = (reader, code);
    let text = template.text(tenant_name, code, until, &portal(cx));
    let id = MailId::new(cx.now());
    made(cx, id, template.template(), (user, to, cipher), &text)
}

/// The write that makes a mail about an alert. Made twice for the same alert and reader, it is one mail.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn about_alert(
    cx: &Context,
    id: MailId,
    reader: (&UserId, &str, &SubjectCipher),
    tenant_name: &str,
    alert: &AlertSaid,
) -> Result<Write, Problem> {
    made(
        cx,
        id,
        Template::Alert,
        reader,
        &alert.text(tenant_name, &portal(cx)),
    )
}

/// The write that makes a mail about what waits for a second person. Made twice for the same approval and reader, it is one mail.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn about_approval(
    cx: &Context,
    id: MailId,
    reader: (&UserId, &str, &SubjectCipher),
    tenant_name: &str,
    approval: &Approval,
) -> Result<Write, Problem> {
    let until = rfc3339(after(Timestamp::UNIX_EPOCH, approval.expires_at));
    let Approval {
        id: asked,
        summary,
        requester,
        ..
    } = approval;
    let portal = portal(cx);
    let text = format!(
        "Somebody asks for a second person at \"{tenant_name}\" on Ledgerkeep, and you may decide:\n\n    {summary}\n\n\
         Asked by {requester}. What exactly: {portal}/approvals, or GET /identity/v1/approvals/{asked}.\n\
         Approve or refuse it until {until}: there, or POST /identity/v1/approvals/{asked}.\n\n\
         Approve only what you have seen and understood.\n"
    );
    made(cx, id, Template::Approval, reader, &text)
}

/// The write that makes a mail about somebody's own account. Made twice for the same event, it is one mail.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn about_account(
    cx: &Context,
    id: MailId,
    reader: (&UserId, &str, &SubjectCipher),
    tenant_name: &str,
    (notice, at): (Notice, Timestamp),
) -> Result<Write, Problem> {
    made(cx, id, notice.template(), reader, &notice.text(tenant_name, at))
}

fn made(
    cx: &Context,
    id: MailId,
    template: Template,
    (user, to, cipher): (&UserId, &str, &SubjectCipher),
    text: &str,
) -> Result<Write, Problem> {
    let seal = |field: &str, text: &str| cipher.seal::<MailItem>(id.as_str(), "-", field, text.as_bytes());
    let mail = MailItem {
        user: user.clone(),
        template,
        to: Some(seal("to", to)?),
        text: Some(seal("text", text)?),
        status: MailStatus::Pending,
        tries: 0,
        next_at: cx.now().as_second(),
        region: cx.app().config.region.clone(),
        created_at: cx.now(),
        id: id.clone(),
    };
    cx.create(&mail)
}
