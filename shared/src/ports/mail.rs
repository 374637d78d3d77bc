//! Mail through SES: one plain text to one person.

use aws_sdk_sesv2::{
    Client, Config,
    error::SdkError,
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message},
};

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
    client: Client,
    sender: String,
}

impl Mailer {
    /// A client and the address that mail comes from.
    #[must_use]
    pub fn new(config: Config, sender: String) -> Self {
        Self {
            client: Client::from_conf(config),
            sender,
        }
    }

    /// Sends one mail. A success means that SES has taken it.
    ///
    /// # Errors
    /// Whether trying again makes sense; nothing of the mail.
    pub async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), MailError> {
        let content = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let built = |_| MailError::Rejected;
        let message = Message::builder()
            .subject(content(subject).map_err(built)?)
            .body(Body::builder().text(content(text).map_err(built)?).build())
            .build();
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        sent.map(|_| ()).map_err(|e| kind(&e))
    }
}

/// What SES refuses because of the mail itself is refused for good; a paused account or a limit is not.
fn kind<R>(error: &SdkError<SendEmailError, R>) -> MailError {
    match error.as_service_error() {
        Some(SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)) => {
            MailError::Rejected
        }
        _ => MailError::Later,
    }
}
