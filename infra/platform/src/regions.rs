//! `ledgerkeep serve --regions 2`: each region is a process of its own with tables, queues, mail and archive of its own. In this one
//! are what belongs to no region (KMS with its multi-Region keys, replicated secrets, the home table, the payment provider), the
//! network between the regions, and where they are watched, ended, cut off and started again.

mod control;
mod network;
mod process;
mod schedule;
mod world;

use super::{ServeArgs, external, say, state, tls, until_stopped};
use network::Network;
use process::Region;
use schedule::Schedule;
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use topology::Topology;
use world::World;

/// The regions, as `samconfig.toml` names them. The first has the primary keys, and is where the first tenants are founded.
pub const REGIONS: [&str; 2] = [super::REGION, "eu-central-1"];

/// How often it is looked whether a region lives.
const LOOK: Duration = Duration::from_millis(50);

/// How replication between local regions behaves.
#[derive(clap::Args, Debug, Clone)]
pub struct ReplicationArgs {
    /// Milliseconds that a write takes to the other region, on average: each item's takes between half of it and half as much again
    #[arg(long, default_value_t = 500, value_name = "MS")]
    pub replication_lag: u64,
    /// Share of the writes that are lost on the way and sent again
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub replication_loss: f64,
    /// What lag and loss are drawn from: the same number gives the same ones
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub replication_seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=0.9).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 0.9".into()),
    }
}

/// Serves all regions until it is told to stop.
///
/// # Errors
/// One clear line: a taken port, a broken template, a region that does not start.
pub async fn serve(args: ServeArgs) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if external::address().is_some() {
        return Err("--regions is for the stand-ins of AWS: unset AWS_ENDPOINT_URL, or leave it out".into());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let started = clock.monotonic();
    let topology = Topology::read(&args.root)?;
    state::prepare(&args.data_dir)?;
    let data_dir = fs::canonicalize(&args.data_dir).map_err(|e| e.to_string())?;
    tls::authority(&data_dir)?;
    let world = World::start(&topology, &data_dir, &args.token_keys).await?;
    let regions = Region::all(&args, &data_dir, &world).await?;
    let network = Network::new(regions, Schedule::new(&args.replication), clock.clone())?;
    let begun = async {
        for region in network.regions() {
            region.spawn()?;
        }
        for region in network.regions() {
            region.ready(&*clock).await?;
        }
        Ok::<_, String>(())
    };
    if let Err(why) = begun.await {
        network.stop(&*clock).await;
        return Err(why);
    }
    network.start();
    let board = Arc::new(Board {
        data_dir,
        network: network.clone(),
        world,
        clock: clock.clone(),
    });
    let control = control::serve(board.clone()).await?;
    board.tell(&control)?;
    let took = clock.monotonic().saturating_sub(started);
    say(&format!(
        "Ledgerkeep in {} regions, ready in {:.1} s",
        REGIONS.len(),
        took.as_secs_f64()
    ));
    for region in network.regions() {
        say(&format!(
            "  {:<13} {}  {}",
            region.name,
            region.address,
            region.dir.display()
        ));
    }
    tokio::select! {
        () = board.watch(&control) => {}
        () = until_stopped(&*clock, false) => {}
    }
    network.stop(&*clock).await;
    network.report();
    say("stopped; the state is kept");
    Ok(())
}

/// All of it, and where it is told.
struct Board {
    data_dir: PathBuf,
    network: Arc<Network>,
    world: World,
    clock: Arc<dyn Clock>,
}

impl Board {
    /// Writes `platform.json`: what one region's platform says, of the first that lives, and all regions.
    fn tell(&self, control: &str) -> Result<(), String> {
        // What makes tenants, and who signs in first.
        let first = self.data_dir.join(REGIONS[0]).join("first-sign-in.json");
        if let Ok(text) = fs::read(first) {
            state::write_private(&self.data_dir.join("first-sign-in.json"), &text)?;
        }
        let regions: Vec<Value> = self.network.regions().iter().map(|r| r.told()).collect();
        let living = regions
            .iter()
            .find(|r| r.get("pid").is_some_and(Value::is_u64))
            .or_else(|| regions.first());
        let mut told = living.cloned().unwrap_or_default();
        let address = told
            .get("address")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(map) = told.as_object_mut() {
            for own in ["address", "ca", "pid", "region", "replica", "data_dir"] {
                map.remove(own);
            }
            map.insert("regions".into(), json!(regions));
            map.insert("control".into(), json!(control));
            map.insert("home".into(), json!(self.world.tables));
        }
        state::ready(&self.data_dir, &address, told)
    }

    /// Shows when a region dies, and goes on.
    async fn watch(&self, control: &str) {
        loop {
            self.clock.sleep(LOOK).await;
            for died in self.network.died() {
                say(&died);
                if let Err(why) = self.tell(control) {
                    say(&why);
                }
            }
        }
    }
}

/// The file with the tables of a region.
fn tables(dir: &Path) -> PathBuf {
    dir.join("tables.sqlite")
}
