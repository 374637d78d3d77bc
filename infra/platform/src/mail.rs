//! `ledgerkeep mail`: the mail that the local platform has sent.

use console::say;
use serde_json::json;
use shared::time::{Timestamp, rfc3339};
use standins::ses::{FILE, Mail};
use std::{fs, io::ErrorKind, path::PathBuf};

/// `ledgerkeep mail`.
#[derive(clap::Args, Debug, Clone)]
pub struct MailArgs {
    /// Only what was sent to this address
    #[arg(long)]
    pub to: Option<String>,
    /// As JSON, one mail a line
    #[arg(long)]
    pub json: bool,
    /// The data directory of the platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

/// Shows the mailbox, oldest first.
///
/// # Errors
/// One line when there is no platform or its mailbox cannot be read.
pub fn run(args: &MailArgs) -> Result<(), String> {
    if !args.data_dir.join("aws").is_dir() {
        let dir = args.data_dir.display();
        return Err(format!("{dir} is no data directory; `make run` makes one"));
    }
    let path = args.data_dir.join("aws").join(FILE);
    let mails: Vec<Mail> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| format!("{} is damaged", path.display()))?,
        Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(format!("{}: {e}", path.display())),
    };
    let wanted = |mail: &&Mail| {
        let to = args.to.as_deref().map(str::to_lowercase);
        to.is_none_or(|to| mail.to.iter().any(|address| address.to_lowercase() == to))
    };
    let found: Vec<&Mail> = mails.iter().filter(wanted).collect();
    for mail in &found {
        let at = Timestamp::from_millisecond(mail.at)
            .map(rfc3339)
            .unwrap_or_default();
        if args.json {
            let line = json!({"id": mail.id, "at": at, "from": mail.from, "to": mail.to,
                "subject": mail.subject, "text": mail.text});
            say(&line.to_string());
        } else {
            let (from, to, subject, text) = (&mail.from, mail.to.join(", "), &mail.subject, &mail.text);
            say(&format!(
                "Date: {at}\nFrom: {from}\nTo: {to}\nSubject: {subject}\n\n{text}\n"
            ));
        }
    }
    if found.is_empty() && !args.json {
        say("no mail");
    }
    Ok(())
}
