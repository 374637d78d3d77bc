//! What a function is given: seconds, memory, environment variables.

use super::parameter;
use shared::{
    crypto::KeyUse,
    endpoint::Uses,
    home::GateItem,
    store::{Item, POSTED, Table},
};
use std::collections::BTreeMap;

/// Seconds that an endpoint may take: what API Gateway waits.
pub const ENDPOINT_TIMEOUT: u32 = 29;
/// Memory of a worker in MB.
pub const WORKER_MEMORY: u32 = 512;
/// What every function's environment has.
pub const VARIABLES: [&str; 4] = ["ALLOWED_NETWORKS", "ISSUER", "LEDGERKEEP_ENV", "REGIONAL_URLS"];
/// Where homes are, and the gates of commits.
const HOME: [Table; 2] = [Table::Home, GateItem::TABLE];

/// The environment variables that needs set, and the parameter that each holds.
#[must_use]
pub fn variables(needs: &[Uses]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |variable: String, parameter: String| drop(variables.insert(variable, parameter));
    for need in needs {
        match need {
            Uses::Read(t)
            | Uses::Write(t)
            | Uses::List(t, _)
            | Uses::Below(t)
            | Uses::Scan(t)
            | Uses::Purge(t) => set(t.variable(), parameter::table(*t)),
            Uses::Post => POSTED
                .iter()
                .for_each(|t| set(t.variable(), parameter::table(*t))),
            Uses::Home => HOME.iter().for_each(|t| set(t.variable(), parameter::table(*t))),
            Uses::Key(purpose) => {
                let wrap = KeyUse::Wrap(*purpose);
                set(wrap.variable(), parameter::key(wrap));
            }
            Uses::NewKeys | Uses::Rewrap => {
                parameter::wrapping_keys().for_each(|k| set(k.variable(), parameter::key(k)));
            }
            Uses::Sign(k) | Uses::PublicKey(k) | Uses::Mac(k) => set(k.variable(), parameter::key(*k)),
            Uses::Secret(name) => set(format!("SECRET_{}", name.to_uppercase()), parameter::secret(name)),
            Uses::Send(name) => set(
                format!("QUEUE_{}", name.to_uppercase()),
                parameter::queue_url(name),
            ),
            Uses::Egress => {}
            Uses::Mail => set("MAIL_SENDER".to_owned(), "MailSender".to_owned()),
            Uses::Archive => set("ARCHIVE_BUCKET".to_owned(), "BucketArchive".to_owned()),
        }
    }
    variables
}
