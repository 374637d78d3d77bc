//! `ledgerkeep failover` and `ledgerkeep tenant move`: an operator has another region take tenants over. What is decided and written is
//! decided in `shared::home`; here it is put in order, waited for and told.

mod regions;

use crate::platform::say;
use audit::log::{
    Log,
    items::{HeadItem, TileItem},
};
use regions::Regions;
use serde_json::json;
use shared::{
    app::App,
    audit::EntryItem,
    auth::{Tenant, TenantDirectory},
    home::{
        HomeItem, LEASE, TAKEOVER,
        repair::{Compared, Repaired, compare, repair, replay},
        takeover::{Step, Takeover},
    },
    ids::{EntryId, TenantId},
    merkle::TileId,
    store::{Item, Key, Query, StoreError, decode},
    time::{Timestamp, after},
};
use std::{sync::Arc, time::Duration};

/// How often it is looked whether everything has arrived.
const LOOK: Duration = Duration::from_secs(2);

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
    let run: String = shared::random::bytes::<4>()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("operator:{by}#{run}")
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
        None => tenants(&to).await?,
    };
    let mut takeover = Takeover {
        to,
        old: None,
        from: args.from.clone(),
        by: run_of(args.common.by.as_deref()),
        planned: false,
    };
    let mut open = Vec::new();
    for id in all {
        let step = match args.dry_run {
            true => takeover.next(&id).await,
            false => takeover.begin(&id).await,
        };
        match step {
            Ok(Step::Put(next, _)) => say(&format!("{id}: would go to {} in epoch {}", args.to, next.epoch)),
            Ok(Step::Open(home)) => {
                say(&format!("{id}: stopped in epoch {}", home.epoch));
                open.push(home);
            }
            Ok(Step::Done(home)) if args.dry_run => say(&format!("{id}: is in {}", home.region)),
            Ok(Step::Done(home)) => after_all(&takeover.to, &home, args.common.minutes).await?,
            // Of all tenants those of other regions stay where they are.
            Err(why) if args.all && why.starts_with("the home of") => say(&format!("{id}: stays, {why}")),
            Err(why) => return Err(why),
        }
    }
    if args.dry_run || open.is_empty() {
        return Ok(true);
    }
    // A region that is lost does not answer, and what it does not say cannot be waited for.
    let probe = takeover.shut(&old, &open[0]).await;
    match probe {
        Ok(()) => takeover.old = Some(old),
        Err(why) => say(&format!(
            "{} does not answer ({why}): its gates are shut and what is missing is copied when this is run again once it does",
            args.from
        )),
    }
    close_and_wait(&takeover, &open).await?;
    let mut whole = true;
    for home in &open {
        whole &= finish(&takeover, home, args.common.minutes).await?;
    }
    Ok(whole)
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
        let there = to.database.get(&to.meter, &key).await.map_err(told)?;
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
            after_all(&to, &home, common.minutes).await?;
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
    close_and_wait(&takeover, std::slice::from_ref(&home)).await?;
    drain(&takeover, &home, common.minutes, patience).await?;
    finish(&takeover, &home, common.minutes).await
}

/// Shuts the gates of both regions, then waits until no lease of an older epoch can hold.
async fn close_and_wait(takeover: &Takeover, open: &[HomeItem]) -> Result<(), String> {
    for home in open {
        takeover.shut(&takeover.to, home).await?;
        if let Some(old) = &takeover.old {
            takeover.shut(old, home).await?;
        }
    }
    let clock = &takeover.to.clock;
    for left in (1..=TAKEOVER.as_secs()).rev() {
        if left % 5 == 0 {
            say(&format!("nobody writes any more in {left} s at the latest"));
        }
        clock.sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn compared(takeover: &Takeover, home: &HomeItem, minutes: u32) -> Result<Compared, String> {
    let since = after(takeover.to.clock.now(), -60 * i64::from(minutes));
    let old = takeover.old.as_deref();
    compare(&takeover.to, old, &takeover.from, &home.id, since).await
}

/// Waits until everything that the old home wrote is in the new one.
async fn drain(takeover: &Takeover, home: &HomeItem, minutes: u32, patience: u64) -> Result<(), String> {
    let clock = &takeover.to.clock;
    let end = clock.monotonic().saturating_add(Duration::from_secs(patience));
    loop {
        let missing = compared(takeover, home, minutes).await?.missing.len();
        if missing == 0 {
            return Ok(());
        }
        say(&format!("{}: {missing} items have not arrived yet", home.id));
        if clock.monotonic() >= end {
            return Err(format!(
                "{} still moves: run this again, or call it off with --to {}",
                home.id, home.region
            ));
        }
        clock.sleep(LOOK).await;
    }
}

/// Repairs, notes and hands over one tenant. `false` when something was lost.
async fn finish(takeover: &Takeover, home: &HomeItem, minutes: u32) -> Result<bool, String> {
    let found = compared(takeover, home, minutes).await?;
    let repaired = repair(&takeover.to, takeover.old.as_deref(), &found).await?;
    let since = after(takeover.to.clock.now(), -60 * i64::from(minutes));
    let gaps = gaps(&takeover.to, &home.id, &takeover.from, since).await?;
    let report = json!({"entries": found.entries, "repaired": repaired.json(), "missing_entries": gaps,
        "reached": takeover.old.is_some()});
    let next = takeover.conclude(home, report).await?;
    tell(&next, found.entries, &repaired, &gaps);
    events(&takeover.to, &next, minutes).await?;
    Ok(repaired.lost.is_empty() && gaps.is_empty())
}

/// Sends events again once every process of the new home knows that it is.
async fn events(app: &App, home: &HomeItem, minutes: u32) -> Result<(), String> {
    app.clock
        .sleep(LEASE.saturating_add(Duration::from_secs(1)))
        .await;
    let since = after(home.changed_at, -60 * i64::from(minutes));
    let sent = replay(app, &home.id, home.epoch, since).await?;
    if sent > 0 {
        say(&format!("{}: {sent} events are looked at again", home.id));
    }
    Ok(())
}

/// What an earlier run may have left, of a take-over that is done.
async fn after_all(app: &App, home: &HomeItem, minutes: u32) -> Result<(), String> {
    say(&format!(
        "{}: is in {} since epoch {}",
        home.id, home.region, home.epoch
    ));
    let recent = after(home.changed_at, 60 * i64::from(minutes)) > app.clock.now();
    if home.epoch > 1 && recent {
        events(app, home, minutes).await?;
    }
    Ok(())
}

fn tell(home: &HomeItem, entries: usize, repaired: &Repaired, gaps: &[String]) {
    let Repaired {
        copied,
        released,
        lost,
    } = repaired;
    say(&format!(
        "{}: in {} since epoch {}; {entries} entries compared, {copied} items copied, {released} idempotency records released, {} lost",
        home.id,
        home.region,
        home.epoch,
        lost.len()
    ));
    for [entry, table, key] in lost {
        say(&format!("  lost: {table} {key} of {entry}"));
    }
    for entry in gaps {
        say(&format!("  lost: the entry {entry}, which its log has sealed"));
    }
}

/// Every tenant of the directory, and the platform itself.
async fn tenants(app: &App) -> Result<Vec<TenantId>, String> {
    let platform = TenantId::platform();
    let (mut all, mut start) = (vec![platform.clone()], None);
    loop {
        let query = Query {
            table: TenantDirectory::TABLE,
            tenant: &platform,
            index: Some(1),
            partition: TenantDirectory::LIST.to_owned(),
            between: None,
            descending: false,
            limit: 100,
            start,
        };
        let (items, next) = app.database.query(&app.meter, query).await.map_err(told)?;
        for item in items {
            let id = decode::<TenantDirectory>(item)?.item.id;
            if !id.is_platform() {
                all.push(id);
            }
        }
        match next {
            None => return Ok(all),
            some => start = some,
        }
    }
}

fn told(e: StoreError) -> String {
    match e {
        StoreError::Unavailable(why) => why,
        StoreError::Condition(_) => "a condition where none was set".into(),
    }
}

/// Entries that the other region's log has sealed, and that have not arrived.
async fn gaps(
    app: &Arc<App>,
    tenant: &TenantId,
    from: &str,
    since: Timestamp,
) -> Result<Vec<String>, String> {
    let log = Log::of_region(from);
    let head = Key::of::<HeadItem>(tenant, &log.id());
    let Some(head) = app.database.get(&app.meter, &head).await.map_err(told)? else {
        return Ok(Vec::new());
    };
    let size = decode::<HeadItem>(head)?.item.size;
    let width = shared::merkle::TILE_WIDTH as u64;
    let first: String = EntryId::new(since).to_string().chars().take(14).collect();
    let mut gaps = Vec::new();
    for index in (0..size.div_ceil(width)).rev() {
        let key = Key::of::<TileItem>(tenant, &log.tile_id(TileId { level: 0, index }));
        let Some(tile) = app.database.get(&app.meter, &key).await.map_err(told)? else {
            continue;
        };
        let entries = decode::<TileItem>(tile)?.item.entries;
        let done = entries.first().is_some_and(|e| *e < first);
        let recent: Vec<String> = entries.into_iter().filter(|e| *e >= first).collect();
        for some in recent.chunks(100) {
            let keys: Vec<Key> = some.iter().map(|e| Key::of::<EntryItem>(tenant, e)).collect();
            let found = app.database.batch_get(&app.meter, &keys).await.map_err(told)?;
            let absent = some.iter().zip(&keys).filter(|(_, key)| !found.contains_key(key));
            gaps.extend(absent.map(|(entry, _)| entry.clone()));
        }
        if done {
            break;
        }
    }
    gaps.sort();
    Ok(gaps)
}
