//! Mail through SES: one plain text to one person.

use super::aws::{Called, Failed, Request, Service};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use serde_json::json;

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailError {
    /// It will never be taken as it is.
    Rejected,
    /// It may be taken later.
    Later,
}

/// Sends mail from one address.
pub struct Mailer {
    ses: Service,
    sender: String,
}

impl Mailer {
    /// A client and the address that mail comes from.
    ///
    /// # Errors
    /// When the configuration names no credentials.
    pub(crate) fn new(
        sdk: &aws_config::SdkConfig,
        endpoint: Option<&str>,
        sender: String,
        timeouts: TimeoutConfig,
    ) -> Result<Self, String> {
        let called = Called {
            name: "ses",
            host: "email",
            endpoint,
            timeouts,
            retries: RetryConfig::standard(),
        };
        Ok(Self {
            ses: Service::new(sdk, called)?,
            sender,
        })
    }

    /// Sends one mail. A success means that SES has taken it.
    ///
    /// # Errors
    /// Whether trying again makes sense; nothing of the mail.
    pub async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), MailError> {
        let content = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        let mail = json!({
            "FromEmailAddress": self.sender,
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": content(subject), "Body": {"Text": content(text)}}},
        });
        let request = Request {
            method: "POST",
            path: "/v2/email/outbound-emails".into(),
            headers: vec![("content-type", "application/json".into())],
            body: mail.to_string().into_bytes(),
        };
        let sent = self.ses.call(request).await;
        sent.map(|_| ()).map_err(|e| kind(&e))
    }
}

/// What SES refuses because of the mail itself is refused for good; a paused account or a limit is not.
fn kind(failed: &Failed) -> MailError {
    match failed.code() {
        Some("MessageRejected" | "BadRequestException") => MailError::Rejected,
        _ => MailError::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_mail_is_for_good() {
        let refused = |code: &str| kind(&Failed::Refused(400, Some(code.to_owned())));
        assert_eq!(refused("MessageRejected"), MailError::Rejected);
        assert_eq!(refused("BadRequestException"), MailError::Rejected);
        for later in [
            "TooManyRequestsException",
            "AccountSuspendedException",
            "LimitExceededException",
        ] {
            assert_eq!(refused(later), MailError::Later, "{later}");
        }
        assert_eq!(kind(&Failed::Refused(503, None)), MailError::Later);
        assert_eq!(kind(&Failed::NoAnswer), MailError::Later);
    }
}
