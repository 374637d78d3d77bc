//! A stand-in of Amazon SES: what is sent ends in a mailbox on this disk, and nobody gets it.
//!
//! Two kinds of recipients behave as some do in the world: `throttled-<n>.…@` is refused `n` times with
//! `TooManyRequestsException` and then taken, `rejected.…@` is refused with `MessageRejected`, always.

use super::Now;
use super::disk::{self, Kept, OpenError};
use super::wire::{Answer, Failure, Request, random_hex};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// The mailbox's file below the directory of the stand-ins.
pub const FILE: &str = "mail.json";
/// How many mails are kept.
const KEEP: usize = 1000;
/// The most recipients of one mail.
const MOST_RECIPIENTS: usize = 50;

/// One mail.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// Unix time in milliseconds at which it was taken.
    pub at: i64,
    /// Who sent it.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

impl std::fmt::Debug for Mail {
    /// The text may hold a code, so only its length is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail {} ({} bytes)", self.id, self.text.len())
    }
}

/// Everything that was sent, oldest first.
pub struct Mailbox {
    kept: Kept<Vec<Mail>>,
    /// How often each throttled recipient has been refused.
    refused: Mutex<BTreeMap<String, u32>>,
    now: Now,
}

impl std::fmt::Debug for Mailbox {
    /// Addresses are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox")
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

impl Mailbox {
    /// Opens the mailbox below `dir`.
    pub(super) fn open(dir: &Path, now: Now) -> Result<Self, OpenError> {
        Ok(Self {
            kept: Kept::open(dir.join(FILE), |_| Ok(()))?,
            refused: Mutex::default(),
            now,
        })
    }

    /// One call; `None` for an operation that is not known.
    pub(super) fn call(&self, operation: &str, request: &Request) -> Option<Answer> {
        (operation == "SendEmail").then(|| self.send(request))
    }

    fn send(&self, request: &Request) -> Answer {
        let bad = |what: &str| Failure::new("BadRequestException", what.to_owned());
        let from = request.need_text("FromEmailAddress")?.to_owned();
        let destination = Value::Object(request.object("Destination")?);
        let to: Option<Vec<String>> = destination
            .get("ToAddresses")
            .and_then(Value::as_array)
            .map(|list| {
                list.iter()
                    .filter_map(|a| a.as_str().map(str::to_owned))
                    .collect()
            });
        let to = to.filter(|t| (1..=MOST_RECIPIENTS).contains(&t.len()));
        let to = to.ok_or_else(|| bad("Destination.ToAddresses must name 1 to 50 recipients."))?;
        if let Some(address) = to.iter().chain([&from]).find(|a| !is_address(a)) {
            return Err(bad(&format!("{} characters are no address.", address.len())));
        }
        let content = Value::Object(request.object("Content")?);
        let part = |pointer: &str| {
            content
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let subject =
            part("/Simple/Subject/Data").ok_or_else(|| bad("Content.Simple.Subject is missing."))?;
        let text =
            part("/Simple/Body/Text/Data").ok_or_else(|| bad("Content.Simple.Body.Text is missing."))?;
        for address in &to {
            self.behave(address)?;
        }
        let mail = Mail {
            id: random_hex(30)?,
            at: (self.now)(),
            from,
            to,
            subject,
            text,
        };
        let id = mail.id.clone();
        self.kept.change(|mails| {
            let surplus = mails.len().saturating_sub(KEEP.saturating_sub(1));
            mails.drain(..surplus);
            mails.push(mail);
            Ok(())
        })?;
        Ok(json!({"MessageId": id}))
    }

    fn behave(&self, address: &str) -> Result<(), Failure> {
        if address.starts_with("rejected.") {
            return Err(Failure::new("MessageRejected", "The message was rejected."));
        }
        let times = address
            .strip_prefix("throttled-")
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(times, _)| times.parse::<u32>().ok());
        let Some(times) = times else { return Ok(()) };
        let mut refused = disk::hold(&self.refused);
        let count = refused.entry(address.to_owned()).or_default();
        if *count < times {
            *count = count.saturating_add(1);
            return Err(Failure::new("TooManyRequestsException", "Too many requests."));
        }
        Ok(())
    }
}

/// What SES sends to: ASCII before the `@`, since it does not speak SMTPUTF8, and after it a name in A-labels, never an IP address
/// (Amazon SES developer guide, "Email addresses").
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let atoms = local.split('.').all(|atom| !atom.is_empty());
    let labels: Vec<&str> = domain.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top_is_name = labels
        .last()
        .is_some_and(|l| !l.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 320
        && local.len() <= 64
        && atoms
        && local
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&b))
        && labels.len() > 1
        && labels.iter().all(is_label)
        && top_is_name
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Dir, ok, refused};
    use super::Mail;
    use serde_json::{Value, json};

    const SEND: &str = "SimpleEmailService.SendEmail";

    fn mail(to: &str) -> Value {
        json!({"FromEmailAddress": "no-reply@ledgerkeep.example", "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": {"Data": "S"}, "Body": {"Text": {"Data": "T"}}}}})
    }

    #[test]
    fn mail_is_kept_over_a_restart() {
        let dir = Dir::new();
        let id = ok(&dir.open(), SEND, mail("a@b.example"))["MessageId"].clone();
        ok(&dir.open(), SEND, mail("c@d.example"));
        let text = std::fs::read(dir.path().join(super::FILE)).unwrap();
        let kept: Vec<Mail> = serde_json::from_slice(&text).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(id, kept[0].id.as_str());
        assert_eq!(
            (kept[1].to[0].as_str(), kept[1].text.as_str()),
            ("c@d.example", "T")
        );
    }

    #[test]
    fn what_ses_refuses_is_refused() {
        let dir = Dir::new();
        let aws = dir.open();
        for to in [
            "",
            "a",
            "a@b",
            "a b@c.de",
            "a@b.example\nBcc: x@y.de",
            "\u{fc}@b.example",
            "a@b\u{fc}cher.example",
            "a..b@c.de",
            ".a@c.de",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@-b.de",
        ] {
            refused(&aws, SEND, mail(to), "BadRequestException");
        }
        let mut bare = mail("a@b.example");
        bare["Content"] = json!({});
        refused(&aws, SEND, bare, "BadRequestException");
        refused(&aws, SEND, mail("rejected.a@b.example"), "MessageRejected");
        for _ in 0..2 {
            refused(
                &aws,
                SEND,
                mail("throttled-2.a@b.example"),
                "TooManyRequestsException",
            );
        }
        ok(&aws, SEND, mail("throttled-2.a@b.example"));
        assert!(!format!("{aws:?}").contains("b.example"));
    }
}
