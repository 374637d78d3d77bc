//! What belongs to no region: KMS, whose multi-Region keys have a state in each, Secrets Manager with its replicated secrets, the
//! home table, and the payment provider's own side. And the way to the home table, which can be cut.

use super::REGIONS;
use crate::{aws_server, keys, make_own, state, tables, token_variables, variables};
use names::REGION;
use shared::{
    app::{Config, Endpoints},
    store::Table,
};
use std::path::Path;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use topology::Topology;

/// Where it is.
pub struct World {
    /// KMS and Secrets Manager.
    pub keys: String,
    /// The home table and the payment provider's.
    pub tables: String,
}

impl World {
    /// Starts it, with keys and secrets in every region.
    pub async fn start(topology: &Topology, data_dir: &Path, token_keys: &[String]) -> Result<Self, String> {
        let emulator = std::sync::Arc::new(aws_server::open(data_dir, REGION)?);
        let address = aws_server::start(emulator.clone(), None)?;
        let mut variables = variables(data_dir, &emulator, topology, REGION)?;
        token_variables(&mut variables, token_keys);
        let config = Config::from_vars(&variables)?;
        make_own(&emulator, &config)?;
        for (alias, _) in keys(&config) {
            for region in REGIONS.into_iter().filter(|r| *r != REGION) {
                let made = emulator.ensure_replica(&alias, region);
                made.map_err(|e| format!("{alias} in {region}: {e}"))?;
            }
        }
        let own = data_dir.join("world");
        state::prepare(&own)?;
        let tables = tables::start(&own)?;
        let endpoints = Endpoints {
            dynamodb: Some(tables.clone()),
            home: Some(tables.clone()),
            ..Endpoints::default()
        };
        let sdk = state::sdk().await;
        state::create_tables(&sdk, &endpoints, topology, &config, &|t| t == Table::Payments).await?;
        Ok(Self {
            keys: address,
            tables,
        })
    }

    /// A region's way to the home table; it is cut for as long as `cut` says so.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn way_home(&self, cut: watch::Receiver<bool>) -> Result<String, String> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|e| e.to_string())?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        let home = self.tables.trim_start_matches("http://").to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, home.clone(), cut.clone()));
            }
        });
        Ok(format!("http://{address}"))
    }
}

/// Passes bytes on. Once the way is cut nothing comes through and nobody is told, as in a network that loses packets; the
/// connection ends when the way is open again.
async fn pass(mut near: TcpStream, home: String, mut cut: watch::Receiver<bool>) {
    if !*cut.borrow_and_update() {
        let Ok(mut far) = TcpStream::connect(home).await else {
            return;
        };
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = cut.wait_for(|cut| *cut) => {}
        }
    }
    let _ = cut.wait_for(|cut| !*cut).await;
}
