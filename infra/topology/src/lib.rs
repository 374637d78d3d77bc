//! What the templates say: routes, triggers, tables and keys, read back for whoever runs them elsewhere than on AWS.

mod agree;
mod function;
mod roles;
mod root;
mod template;

use names::files::{self as places, stack};
use std::{collections::BTreeMap, path::Path};
use template::Template;

pub use roles::{Role, Roles};
use serde_json::Value as Json;

/// A route of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path with `{parameters}`.
    pub path: String,
    /// The function that answers.
    pub function: String,
    /// Its service.
    pub service: String,
}

/// A table's stream that starts a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream {
    /// The function.
    pub function: String,
    /// The table, as in [`Topology::tables`].
    pub table: String,
    /// Most records of one event.
    pub batch: u32,
}

/// A queue that starts a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    /// The function.
    pub function: String,
    /// The queue's short name: `deliveries`.
    pub queue: String,
    /// Most messages of one event.
    pub batch: u32,
}

/// A schedule that starts a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    /// The function.
    pub function: String,
    /// `rate(…)` or `cron(…)`.
    pub expression: String,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its service.
    pub service: String,
    /// Memory in MB.
    pub memory: u32,
    /// Seconds that it may take.
    pub timeout: u32,
    /// The names of its environment variables, sorted.
    pub variables: Vec<String>,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The partition key's attribute.
    pub hash: String,
    /// The sort key's attribute.
    pub range: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The partition key's attribute.
    pub hash: String,
    /// The sort key's attribute.
    pub range: String,
    /// Its indexes, in order.
    pub indexes: Vec<Index>,
    /// What its stream's records hold, if it has a stream.
    pub stream_view: Option<String>,
    /// The attribute that says when an item runs out, if items do.
    pub expiry: Option<String>,
    /// Whether it has a replica in another region.
    pub replicated: bool,
}

/// A KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `SYMMETRIC_DEFAULT`, `ECC_NIST_P256`, `HMAC_256`.
    pub spec: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`.
    pub usage: String,
    /// Whether it has replicas.
    pub multi_region: bool,
}

/// What an API answers by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Headers: quoted texts, and variables such as `context.requestId`.
    pub headers: BTreeMap<String, String>,
    /// The body, in which `$context.requestId` stands for the request's id.
    pub body: String,
}

/// Everything that the templates describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// Routes.
    pub routes: Vec<Route>,
    /// What each service's API answers by itself, by API Gateway's name of the case.
    pub refusals: BTreeMap<String, BTreeMap<String, Refusal>>,
    /// Triggers by streams.
    pub streams: Vec<Stream>,
    /// Triggers by queues.
    pub queues: Vec<Queue>,
    /// Triggers by time.
    pub schedules: Vec<Schedule>,
    /// Functions by their declared names.
    pub functions: BTreeMap<String, Function>,
    /// Tables by their short names: `billing`.
    pub tables: BTreeMap<String, Table>,
    /// KMS keys by their short names: `pii`.
    pub keys: BTreeMap<String, Key>,
    /// Short names of the secrets: `pepper`.
    pub secrets: Vec<String>,
    /// The roles of functions by their declared names.
    pub roles: BTreeMap<String, Roles>,
    /// Policies of tables and keys by their ARNs.
    pub resource_policies: BTreeMap<String, Json>,
}

impl Topology {
    /// Reads `template.yaml` with its nested stacks, and the roots beside it.
    ///
    /// # Errors
    /// One line: the file, where in it, and what is wrong.
    pub fn read(root: &Path) -> Result<Self, String> {
        Self::read_with(&|name| match std::fs::read_to_string(root.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("{name}: {e}")),
        })
    }

    /// Reads templates that are kept elsewhere; `files` gives a file's text by its path, `None` when there is none.
    ///
    /// # Errors
    /// One line: the file, where in it, and what is wrong.
    pub fn read_with(files: &dyn Fn(&str) -> Result<Option<String>, String>) -> Result<Self, String> {
        let load = |name: &str, arguments| Template::load(files, name, arguments);
        let mut topology = Self::default();
        root::tables(&load(&stack("data"), BTreeMap::new())?, &mut topology)?;
        root::keys(&load(&stack("keys"), BTreeMap::new())?, &mut topology)?;
        // There is none when nothing uses one.
        let secrets = stack("secrets");
        if files(&secrets)?.is_some() {
            root::secrets(&load(&secrets, BTreeMap::new())?, &mut topology)?;
        }
        let region = load(places::REGION, BTreeMap::new())?;
        function::region(&region, &mut topology)?;
        roles::region(&region, &mut topology)?;
        roles::tables(&load(&stack("data"), BTreeMap::new())?, &mut topology)?;
        roles::keys(&load(&stack("keys"), BTreeMap::new())?, &mut topology)?;
        Ok(topology)
    }
}
