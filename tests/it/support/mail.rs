//! The mailbox, read as a person at this machine would: with the command `ledgerkeep mail`.

use super::{Platform, platform::binary, time::until};
use serde_json::Value;
use std::process::Command;

/// The mail with this subject to an address, when it comes.
pub async fn about(platform: &Platform, to: &str, subject: &str) -> Value {
    let there = async || {
        let all = mailbox(platform, to);
        all.into_iter().find(|mail| mail["subject"] == subject)
    };
    until(subject, 30, there).await
}

/// What mails about requests that wait for a second person say.
const WAITS: &str = "asks for a second person";

/// Whatever was sent to an address, oldest first, but for what waits for its reader's decision.
pub fn mailbox(platform: &Platform, to: &str) -> Vec<Value> {
    let mut mails = everything(platform, to);
    mails.retain(|mail| !mail.to_string().contains(WAITS));
    mails
}

/// What an address was told to wait for its reader's decision.
pub fn requests(platform: &Platform, to: &str) -> Vec<Value> {
    let mut mails = everything(platform, to);
    mails.retain(|mail| mail.to_string().contains(WAITS));
    mails
}

fn everything(platform: &Platform, to: &str) -> Vec<Value> {
    let told = Command::new(binary())
        .args(["mail", "--json", "--to", to, "--data-dir"])
        .arg(&platform.dir)
        .output()
        .expect("the command");
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(
        told.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&told.stderr)
    );
    text.lines()
        .map(|line| serde_json::from_str(line).expect("one mail a line"))
        .collect()
}

/// The code in a mail: it stands on a line of its own.
pub fn code_in(mail: &Value) -> String {
    let text = mail["text"].as_str().expect("a text");
    let mut codes = text.lines().filter_map(|line| line.strip_prefix("    "));
    codes.next().expect("a code").to_owned()
}

/// The code in the first mail to an address, when it comes.
pub async fn code(platform: &Platform, to: &str) -> String {
    nth_code(platform, to, 1).await
}

/// The code in the mail number `n` to an address, when it comes.
pub async fn nth_code(platform: &Platform, to: &str, n: usize) -> String {
    // What happens to an account is told in between.
    let with_code = |mail: &&Value| {
        let subject = mail["subject"].as_str().unwrap_or_default();
        ["You are invited to Ledgerkeep", "A new password for Ledgerkeep"].contains(&subject)
    };
    let there = async || {
        let all = mailbox(platform, to);
        all.iter().filter(with_code).nth(n - 1).map(code_in)
    };
    until("a mail", 30, there).await
}
