//! What mails say. A code stands in the text alone: never in an address that could be logged on its way.

use super::{MailId, MailItem, MailStatus};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::SubjectCipher,
    ids::UserId,
    problem::Problem,
    road::Context,
    store::Write,
    time::{Timestamp, rfc3339},
};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// Somebody was invited.
    Invitation,
    /// Somebody wants a new password.
    PasswordReset,
}

impl Template {
    /// The subject line.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Invitation => "You are invited to Ledgerkeep",
            Self::PasswordReset => "A new password for Ledgerkeep",
        }
    }

    fn text(self, tenant: &str, code: &str, until: Timestamp) -> String {
        let until = rfc3339(until);
        match self {
            Self::Invitation => format!(
                "You are invited to work with \"{tenant}\" on Ledgerkeep.\n\n\
                 Choose a password with this code. It works once, until {until}:\n\n    {code}\n\n\
                 If you did not expect this, do nothing: without the code nobody can sign in as you.\n"
            ),
            Self::PasswordReset => format!(
                "Somebody asked for a new password for your account with \"{tenant}\" on Ledgerkeep.\n\n\
                 Set it with this code. It works once, until {until}:\n\n    {code}\n\n\
                 Setting it signs you out everywhere. If it was not you, do nothing: your password stays as it is.\n"
            ),
        }
    }
}

/// The write that makes a mail to a user, sealed under their key. It goes into the transaction of its cause.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn compose(
    cx: &Context,
    template: Template,
    reader: (&UserId, &str, &SubjectCipher),
    tenant_name: &str,
    code: (&str, Timestamp),
) -> Result<Write, Problem> {
    let ((user, to, cipher), (code, until)) = (reader, code);
    let id = MailId::new(cx.now());
    let seal = |field: &str, text: &str| cipher.seal::<MailItem>(id.as_str(), "-", field, text.as_bytes());
    let mail = MailItem {
        user: user.clone(),
        template,
        to: Some(seal("to", to)?),
        text: Some(seal("text", &template.text(tenant_name, code, until))?),
        status: MailStatus::Pending,
        tries: 0,
        next_at: cx.now().as_second(),
        region: cx.app().config.region.clone(),
        created_at: cx.now(),
        id: id.clone(),
    };
    cx.create(&mail)
}
