//! What a process remembers of its latest clients that call in envelopes, which show a secret in every call (0035).

use super::username::{SoapMode, UsernameToken};
use crate::{
    kernel::time::Timestamp,
    store::{Attrs, Key},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Most clients that a process remembers.
const MOST: usize = 256;

/// What was read of a client.
pub(crate) struct Remembered {
    /// The client's item.
    pub(crate) key: Key,
    /// What changed it last.
    pub(crate) change: String,
    /// How it shows its secret.
    pub(crate) mode: SoapMode,
    /// Its roles.
    pub(crate) roles: Vec<String>,
    /// The person who holds it, where it was a person who issued it.
    pub(crate) holder: Option<String>,
    /// Each secret, and when it ends (Unix seconds).
    pub(crate) secrets: Vec<(Option<i64>, Zeroizing<Vec<u8>>)>,
}

/// The clients that a process remembers.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<Key, Arc<Remembered>>>);

impl Clients {
    /// A client that is remembered.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Remembered>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// Remembers a client.
    pub(crate) fn keep(&self, client: Remembered) -> Arc<Remembered> {
        let client = Arc::new(client);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(client.key.clone(), client.clone());
        client
    }
}

impl Remembered {
    /// Whether the client is what it was.
    pub(crate) fn still_holds(&self, found: &HashMap<Key, Attrs>) -> bool {
        let now = found.get(&self.key).and_then(change);
        now.as_deref() == Some(self.change.as_str())
    }

    /// Whether one of its secrets is shown.
    pub(crate) fn matches(&self, token: &UsernameToken, now: Timestamp) -> bool {
        let seconds = now.as_second();
        let live = self
            .secrets
            .iter()
            .filter(|(until, _)| until.is_none_or(|until| until > seconds));
        token.matches(self.mode, live.map(|(_, secret)| secret.as_slice()))
    }
}

/// What changed an item last.
pub(crate) fn change(item: &Attrs) -> Option<String> {
    item.get("audit")?.as_s().ok().cloned()
}
