//! What a platform is told that plays one of several regions.

use super::{live::Live, tables};
use shared::store::Table;
use std::{path::Path, sync::Arc};
use topology::Topology;

/// Where KMS and Secrets Manager of all regions are, as every SDK calls it.
pub const KEYS: &str = "AWS_ENDPOINT_URL_KMS";
/// Where the payment provider keeps its side.
pub const PROVIDER: &str = "LEDGERKEEP_PROVIDER_ENDPOINT_URL";

/// One of several regions.
pub struct Member {
    /// Its name.
    pub region: String,
    /// Where KMS and Secrets Manager are: their own process serves both, so that the end of one region takes no key with it.
    pub keys: String,
    /// Where the payment provider keeps its side: a third party, the same for every region.
    pub provider: String,
    /// Base addresses of all regions, as [`shared::home::ADDRESSES`] lists them.
    pub addresses: String,
    live: Arc<Live>,
}

impl Member {
    /// What the environment says.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn told(region: &str, live: Arc<Live>) -> Result<Self, String> {
        let need = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Self {
            region: region.to_owned(),
            keys: need(KEYS)?,
            provider: need(PROVIDER)?,
            addresses: need(shared::home::ADDRESSES)?,
            live,
        })
    }

    /// Serves the tables, and where they are replicated from and to.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn start_dynamodb(&self, dir: &Path, topology: &Topology) -> Result<(String, String), String> {
        let tables = replicated(topology);
        tables::start_replicated(dir, &self.region, &tables, self.live.clone())
    }
}

/// The physical names of the tables that are replicated item by item.
fn replicated(topology: &Topology) -> Vec<String> {
    let global = |t: &Table| {
        topology
            .tables
            .get(t.name())
            .is_some_and(|planned| planned.replicated)
    };
    let tables = Table::ALL.into_iter().filter(global);
    tables.map(super::table_name).collect()
}
