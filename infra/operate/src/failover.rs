//! `ledgerkeep failover` and `ledgerkeep tenant move`: an operator has another region take tenants over. What is decided and written is
//! decided in `shared::home`; here it is put in order, waited for and told.

mod regions;
mod steps;

use console::say;
use futures::{StreamExt, stream};
use regions::Regions;
use shared::{
    auth::Tenant,
    home::takeover::{Step, Takeover},
    ids::TenantId,
    store::{Key, StoreError},
};
use std::collections::BTreeSet;

/// Tenants that are worked on at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Where the regions are, and how far back is looked.
#[derive(clap::Args, Debug, Clone)]
pub struct Common {
    /// The environment whose tables are meant
    #[arg(long, default_value = "local")]
    pub environment: String,
    /// Where a region's AWS is, unless AWS_ENDPOINT_URL or AWS itself has it: REGION=URL
    #[arg(long = "endpoint", value_name = "REGION=URL")]
    pub endpoints: Vec<String>,
    /// Who does it, for the audit log; the user of this machine where nobody is named
    #[arg(long)]
    pub by: Option<String>,
    /// Minutes back from now in which transactions are compared
    #[arg(long, default_value_t = 60)]
    pub minutes: u32,
}

/// `ledgerkeep failover`.
#[derive(clap::Args, Debug, Clone)]
pub struct FailoverArgs {
    /// The region that is lost
    #[arg(long)]
    pub from: String,
    /// The region that takes over
    #[arg(long)]
    pub to: String,
    /// One tenant
    #[arg(long, conflicts_with = "all", required_unless_present = "all")]
    pub tenant: Option<String>,
    /// Every tenant whose home is there, and the platform itself
    #[arg(long)]
    pub all: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where the regions are.
    #[command(flatten)]
    pub common: Common,
}

/// `ledgerkeep tenant`.
#[derive(clap::Subcommand, Debug, Clone)]
pub enum TenantAct {
    /// Move a tenant while both regions work: nothing is lost. Where a move is on its way, its present region calls it off
    Move {
        /// The tenant
        id: String,
        /// The region that it moves to
        #[arg(long)]
        to: String,
        /// Give up, and leave the tenant moving, after so many seconds in which something has still not arrived
        #[arg(long, default_value_t = 600)]
        patience: u64,
        /// Where the regions are.
        #[command(flatten)]
        common: Common,
    },
}

/// `operator:ada#1f…`: the person, and this run, so that no two runs write the same.
fn run_of(by: Option<&str>) -> String {
    let by = by.map_or_else(
        || std::env::var("USER").unwrap_or_else(|_| "unknown".into()),
        str::to_owned,
    );
    format!("operator:{by}#{}", hex::encode(shared::random::bytes::<4>()))
}

fn parsed(id: &str) -> Result<TenantId, String> {
    TenantId::parse(id).map_err(|_| format!("{id} is no tenant's id"))
}

/// Fails tenants over. `false` when something was lost.
///
/// # Errors
/// What could not be done; the same command goes on.
pub async fn run(args: FailoverArgs) -> Result<bool, String> {
    if args.from == args.to {
        return Err("--from and --to are the same region".into());
    }
    let regions = Regions::new(&args.common)?;
    let to = regions.app(&args.to, &args.to).await?;
    let old = regions.app(&args.from, &args.to).await?;
    let all = match &args.tenant {
        Some(id) => vec![parsed(id)?],
        None => steps::tenants(&to).await?,
    };
    let mut takeover = Takeover {
        to,
        old: None,
        from: args.from.clone(),
        by: run_of(args.common.by.as_deref()),
        planned: false,
    };
    let (mut open, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let begun = stream::iter(&all).map(|id| {
        let takeover = &takeover;
        async move {
            let step = match args.dry_run {
                true => takeover.next(id).await,
                false => takeover.begin(id).await,
            };
            (id, step)
        }
    });
    for (id, step) in begun.buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await {
        match step {
            Ok(Step::Put(next, _)) => say(&format!("{id}: would go to {} in epoch {}", args.to, next.epoch)),
            Ok(Step::Open(home)) => {
                say(&format!("{id}: stopped in epoch {}", home.epoch));
                open.push(home);
            }
            Ok(Step::Done(home)) => {
                say(&format!("{id}: is in {} since epoch {}", home.region, home.epoch));
                // Who has never moved has nothing left behind.
                done.extend((home.epoch > 1).then_some(home));
            }
            // Of all tenants those of other regions stay where they are.
            Err(why) if args.all && why.starts_with("the home of") => say(&format!("{id}: stays, {why}")),
            Err(why) => failed.push(format!("{id}: {why}")),
        }
    }
    let Some(first) = open.iter().chain(&done).next().filter(|_| !args.dry_run) else {
        return ended(&failed, true);
    };
    let minutes = args.common.minutes;
    // While leases run out, it is found out whether the lost region answers, and what has arrived is compared.
    let (probe, waited, before) = {
        let takeover = &takeover;
        let looks = stream::iter(&open).map(|home| steps::compared(takeover, home, minutes));
        futures::join!(
            steps::reached(takeover, &old, first),
            steps::close_and_wait(takeover, &open),
            looks.buffered(SIDE_BY_SIDE).collect::<Vec<_>>()
        )
    };
    waited?;
    match probe {
        Ok(()) => {
            steps::shut(&takeover, &old, &open).await?;
            takeover.old = Some(old);
        }
        Err(why) => say(&format!(
            "{} does not answer ({why}): run this again once it does, and its gates are shut and what is missing is copied",
            args.from
        )),
    }
    let takeover = &takeover;
    let finished = stream::iter(open.iter().zip(&before)).map(|(home, before)| async move {
        let finished = steps::finish(takeover, home, minutes, before).await;
        finished.map_err(|why| format!("{}: {why}", home.id))
    });
    let (mut whole, mut now) = (true, Vec::new());
    for result in finished.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await {
        match result {
            Ok((home, all)) => {
                whole &= all;
                now.push(home);
            }
            Err(why) => failed.push(why),
        }
    }
    // What an earlier run could not reach.
    if takeover.old.is_some() {
        for home in &done {
            match steps::revisit(takeover, home, minutes).await {
                Ok(all) => whole &= all,
                Err(why) => failed.push(format!("{}: {why}", home.id)),
            }
        }
    }
    now.extend(done);
    steps::events(&takeover.to, &now, minutes).await?;
    ended(&failed, whole)
}

/// Tells what failed, in the end and together.
fn ended(failed: &[String], whole: bool) -> Result<bool, String> {
    if failed.is_empty() {
        return Ok(whole);
    }
    Err(format!(
        "run it again for {} of them:\n{}",
        failed.len(),
        failed.join("\n")
    ))
}

/// Moves one tenant.
///
/// # Errors
/// What could not be done; the same command goes on.
pub async fn tenant(act: TenantAct) -> Result<bool, String> {
    let TenantAct::Move {
        id,
        to: target,
        patience,
        common,
    } = act;
    let id = parsed(&id)?;
    let regions = Regions::new(&common)?;
    let to = regions.app(&target, &target).await?;
    let mut takeover = Takeover {
        to: to.clone(),
        old: None,
        from: String::new(),
        by: run_of(common.by.as_deref()),
        planned: true,
    };
    let seen = takeover.seen(&id).await?;
    if seen.is_none() {
        let key = Key::of::<Tenant>(&id, id.as_str());
        let there = to.database.get(&to.meter, &key).await.map_err(StoreError::told)?;
        there.ok_or_else(|| format!("there is no tenant {id} in {target}"))?;
    }
    // Called off, the region that it was to move to is the other one.
    takeover.from = match &seen {
        Some(home) if home.region == target => home.other.clone().unwrap_or_default(),
        Some(home) => home.region.clone(),
        None => String::new(),
    };
    let home = match takeover.begin(&id).await? {
        Step::Open(home) => home,
        Step::Done(home) => {
            say(&format!("{id}: is in {} since epoch {}", home.region, home.epoch));
            if home.epoch > 1 {
                steps::events(&to, &[home], common.minutes).await?;
            }
            return Ok(true);
        }
        Step::Put(..) => return Err("a state that was not put".into()),
    };
    let old = regions.app(&takeover.from, &target).await?;
    takeover.shut(&old, &home).await.map_err(|why| {
        format!(
            "{} does not answer ({why}): a region that is lost is failed over",
            takeover.from
        )
    })?;
    takeover.old = Some(old);
    say(&format!("{id}: stopped in epoch {}", home.epoch));
    steps::close_and_wait(&takeover, std::slice::from_ref(&home)).await?;
    steps::drain(&takeover, &home, common.minutes, patience).await?;
    let none = BTreeSet::new();
    let (home, whole) = steps::finish(&takeover, &home, common.minutes, &none).await?;
    steps::events(&to, &[home], common.minutes).await?;
    Ok(whole)
}
