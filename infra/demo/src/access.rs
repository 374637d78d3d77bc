//! How the demo signs in: API clients and a webhook of its own, issued once and kept beside the platform's state.

use super::{
    api::{Api, Call, Client, Who},
    ledger::Kind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The file in the data directory.
const FILE: &str = "demo-clients.json";

#[derive(Clone, Serialize, Deserialize)]
struct Issued {
    client_id: String,
    client_secret: String,
}

/// The demo's webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hook {
    /// `wh_…`.
    pub(super) id: String,
    /// `whsec_…`.
    pub(super) secret: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Saved {
    tenant: String,
    #[serde(default)]
    clients: BTreeMap<String, Issued>,
    port: Option<u16>,
    webhook: Option<Hook>,
}

/// Its clients and their roles. A webhook gets what its owner may see, so whoever registers it reads what it tells of.
const CLIENTS: [(&str, &[&str]); 3] = [
    ("integration", &["integration"]),
    ("webhook_owner", &["webhook_manager", "integration"]),
    ("auditor", &["auditor"]),
];

/// The demo's credentials.
pub(super) struct Access {
    /// Makes customers, cards, payments and refunds.
    pub(super) integration: Client,
    /// Registers the webhook and reads its deliveries.
    pub(super) webhooks: Client,
    /// Exports the audit log.
    pub(super) auditor: Client,
    path: PathBuf,
    saved: Saved,
}

impl Access {
    /// Reads the credentials of an earlier run; has the administrators issue those that are missing.
    pub(super) async fn obtain(api: &Api, data_dir: &Path) -> Result<Self, String> {
        let path = data_dir.join(FILE);
        let first = data_dir.join("first-sign-in.json");
        let text = fs::read_to_string(&first).map_err(|e| format!("{}: {e}", first.display()))?;
        let told = first.display();
        let first: Value = serde_json::from_str(&text).map_err(|_| format!("{told} is damaged"))?;
        let tenant = first.get("tenant").and_then(Value::as_str);
        let tenant = tenant
            .ok_or_else(|| format!("{told} names no first tenant"))?
            .to_owned();
        let mut saved = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|_| format!("{} is damaged: remove it", path.display()))?,
            Err(_) => Saved {
                tenant: tenant.clone(),
                ..Saved::default()
            },
        };
        if saved.tenant != tenant {
            return Err(format!("{} is about another tenant: remove it", path.display()));
        }
        for (role, roles) in CLIENTS {
            if saved.clients.contains_key(role) {
                continue;
            }
            let body = json!({"name": format!("Demo {role}"), "roles": roles});
            let made = api.issue(&first, &body).await?;
            let text = |name: &str| {
                let found = made.get(name).and_then(Value::as_str);
                found.map(str::to_owned).ok_or("a client without credentials")
            };
            let issued = Issued {
                client_id: text("client_id")?,
                client_secret: text("client_secret")?,
            };
            saved.clients.insert(role.to_owned(), issued);
            // A secret is shown once, so it is kept at once.
            write(&path, &saved)?;
        }
        let client = |role: &str| {
            saved
                .clients
                .get(role)
                .map(|c| Client::new(&c.client_id, &c.client_secret))
                .ok_or("a client is missing")
        };
        Ok(Self {
            integration: client("integration")?,
            webhooks: client("webhook_owner")?,
            auditor: client("auditor")?,
            path,
            saved,
        })
    }

    /// The port that the webhook listener had in earlier runs.
    pub(super) fn port(&self) -> Option<u16> {
        self.saved.port
    }

    /// The webhook of this data directory, registered at the first run, and again when somebody has disabled it.
    pub(super) async fn webhook(&mut self, api: &Api, port: u16) -> Result<Hook, String> {
        let who = Who::Client(&self.webhooks);
        if self.saved.port == Some(port)
            && let Some(hook) = &self.saved.webhook
            && enabled(api, who, &hook.id).await?
        {
            return Ok(hook.clone());
        }
        let body = json!({
            "url": format!("https://localhost:{port}/hooks"),
            "event_types": ["*"],
            "description": "ledgerkeep demo",
        });
        let call = Call::post(Kind::Other, who, "/notifications/v1/webhooks", body);
        let made = api.send(&call).await?.success("registering the webhook")?;
        let hook = Hook {
            id: made.text("id").to_owned(),
            secret: made.text("secret").to_owned(),
        };
        (self.saved.port, self.saved.webhook) = (Some(port), Some(hook.clone()));
        write(&self.path, &self.saved)?;
        Ok(hook)
    }
}

/// Whether a webhook is there and gets events.
async fn enabled(api: &Api, who: Who<'_>, id: &str) -> Result<bool, String> {
    let mut cursor: Option<String> = None;
    loop {
        let path = page("/notifications/v1/webhooks?limit=100", cursor.as_deref());
        let answer = api
            .send(&Call::get(who, path))
            .await?
            .success("reading webhooks")?;
        let of = |hook: &Value, name: &str| hook.get(name).and_then(Value::as_str).map(str::to_owned);
        let hooks = answer.body.get("data").and_then(Value::as_array);
        if let Some(hook) = hooks
            .into_iter()
            .flatten()
            .find(|h| of(h, "id").as_deref() == Some(id))
        {
            return Ok(of(hook, "status").as_deref() == Some("enabled"));
        }
        match answer.body.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(false),
        }
    }
}

/// A list's path with a cursor.
pub(super) fn page(path: &str, cursor: Option<&str>) -> String {
    match cursor {
        None => path.to_owned(),
        Some(cursor) => {
            let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
            format!("{path}&cursor={cursor}")
        }
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write(path: &Path, saved: &Saved) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let temporary = path.with_extension("json.new");
    let _ = fs::remove_file(&temporary);
    let text = serde_json::to_string_pretty(saved).map_err(|e| e.to_string())?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_are_for_their_owner_only() {
        let path = std::env::temp_dir().join(format!("ledgerkeep-demo-clients-{}.json", std::process::id()));
        for port in [None, Some(7)] {
            let hook = Hook {
                id: "wh_1".into(),
                secret: "whsec_1".into(),
            };
            write(
                &path,
                &Saved {
                    tenant: "ten_1".into(),
                    port,
                    webhook: Some(hook),
                    ..Saved::default()
                },
            )
            .unwrap();
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let saved: Saved = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!((saved.tenant.as_str(), saved.port), ("ten_1", Some(7)));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn cursors_are_escaped() {
        assert_eq!(page("/a?limit=1", None), "/a?limit=1");
        assert_eq!(page("/a?limit=1", Some("x+/=")), "/a?limit=1&cursor=x%2B%2F%3D");
    }
}
