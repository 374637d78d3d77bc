//! Re-encryption against a plain read-and-write-back of the same items, and erasures of subjects with many and few items.

use super::Goal;
use billing::customers::CustomerItem;
use keys::rotations::{RotationItem, Scope, Stage, begin};
use platform::StandIns;
use privacy::requests::{RequestId, archive::PartItem};
use serde_json::{Value, json};
use services::worker;
use shared::{
    crypto::{Purpose, SubjectCipher, TenantKeyItem, sealed_bytes},
    ids::{CustomerId, TenantId},
    problem::Problem,
    road::Context,
    store::{Changes, Segment, Table},
    time::{Clock, SystemClock},
    worker::Work,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use topology::Topology;

/// Customers that are sealed anew.
const CUSTOMERS: usize = 600;
/// Rounds, of which the median counts.
const ROUNDS: usize = 5;
/// Sealed items of the subject that has many.
const MANY: u32 = 10_000;

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn told(problem: Problem) -> String {
    format!("{problem:?}")
}

fn lost(problem: Option<Problem>) -> String {
    problem.map_or_else(|| "lost a race".to_owned(), told)
}

/// A platform with its own tenant only.
struct Here {
    stand_ins: StandIns,
    clock: Arc<dyn Clock>,
    _scratch: Scratch,
}

impl Here {
    async fn start(root: &Path) -> Result<Self, String> {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-bench-keys-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let scratch = Scratch(dir);
        let stand_ins = StandIns::start(&Topology::read(root)?, &scratch.0, clock.clone()).await?;
        let here = Self {
            stand_ins,
            clock,
            _scratch: scratch,
        };
        let bootstrap = worker("bootstrap_platform").ok_or("no bootstrap function")?;
        (bootstrap.run)(here.work("bootstrap_platform")?, json!({})).await?;
        Ok(here)
    }

    fn work(&self, name: &str) -> Result<Arc<Work>, String> {
        let worker = worker(name).ok_or_else(|| format!("no worker {name}"))?;
        Ok(Work::new(self.stand_ins.app.clone(), worker))
    }

    /// What the rotating worker works with.
    fn cx(&self) -> Result<Context, String> {
        Ok(self.work("rotate_keys")?.context(&TenantId::platform()))
    }

    async fn customer(&self) -> Result<(CustomerId, SubjectCipher), String> {
        let cx = self.cx()?;
        let id = CustomerId::new(cx.now());
        let (cipher, keep) = cx.new_subject(id.as_str(), Purpose::Pii).await.map_err(told)?;
        let seal = |field: &str, text: &str| {
            cipher
                .seal::<CustomerItem>(id.as_str(), "-", field, text.as_bytes())
                .map_err(told)
        };
        let item = CustomerItem {
            restricted_at: None,
            erased_at: None,
            billing: None,
            metadata: None,
            id: id.clone(),
            name: seal("name", "Ada Lovelace, Countess of Lovelace")?,
            email: seal("email", "ada.lovelace@analytical-engines.example")?,
            country: None,
            reference: None,
            default_payment_method: None,
            created_at: cx.now(),
        };
        let changes = Changes::new().write(cx.create(&item).map_err(told)?).write(keep);
        cx.apply(changes).await.map_err(lost)?;
        Ok((id, cipher))
    }

    /// Reads every item as the job does, and writes back what holds sealed fields; gives the time and how many.
    async fn plain(&self, job: &RotationItem) -> Result<(Duration, u64), String> {
        let (cx, began) = (self.cx()?, self.clock.monotonic());
        let tables = keys::rotations::job::DATA.len();
        let of = i32::try_from(job.cursors.len() / tables).map_err(|e| e.to_string())?;
        let mut written = 0;
        for cursor in &job.cursors {
            let table = Table::ALL.into_iter().find(|t| t.name() == cursor.table);
            let table = table.ok_or("a cursor in no table")?;
            let number = cursor.segment;
            let (mut after, mut more) = (None, true);
            while more {
                let page = cx.sweep(table, Segment { number, of }, after.as_ref(), 50).await;
                let page = page.map_err(told)?;
                for item in page.items.into_iter().filter(|item| sealed_bytes(item) > 0) {
                    let (put, _) = cx.put_back(table, item).await.map_err(told)?;
                    written += u64::from(put);
                }
                more = page.next.is_some();
                after = page.next;
            }
        }
        Ok((self.clock.monotonic().saturating_sub(began), written))
    }

    /// Seals everything anew under fresh keys of the subjects; gives the plain time before it, its own, and how many.
    async fn round(&self) -> Result<(Duration, Duration, u64), String> {
        let cx = self.cx()?;
        let key = cx.get::<TenantKeyItem>(Purpose::Pii.name()).await.map_err(told)?;
        let (mut job, _) = begin(&cx, Scope::Subjects, Purpose::Pii, key.current).map_err(told)?;
        while job.stage == Stage::NewKeys {
            job = job.step(&self.cx()?).await.map_err(told)?.next;
        }
        let (plain, written) = self.plain(&job).await?;
        let (before, began) = (job.changed, self.clock.monotonic());
        while job.stage == Stage::Fields && !job.cursors.is_empty() {
            job = job.step(&self.cx()?).await.map_err(told)?.next;
        }
        let took = self.clock.monotonic().saturating_sub(began);
        let sealed = job.changed - before;
        if sealed < written {
            return Err(format!("{sealed} items were sealed anew, {written} written back"));
        }
        Ok((plain, took, sealed))
    }

    /// Erases a subject with so many sealed items; gives the time and the calls of DynamoDB.
    async fn erasure(&self, items: u32) -> Result<(Duration, u64), String> {
        let (id, cipher) = self.customer().await?;
        let cx = self.cx()?;
        let request = RequestId::new(cx.now());
        let numbers: Vec<u32> = (0..items).collect();
        for some in numbers.chunks(90) {
            let mut changes = Changes::new();
            for number in some {
                let sort = PartItem::place(*number);
                let body =
                    cipher.seal::<PartItem>(request.as_str(), &sort, "body", b"something about a person");
                let part = PartItem {
                    request: request.clone(),
                    customer: id.clone(),
                    number: *number,
                    body: body.map_err(told)?,
                };
                changes = changes.write(cx.create(&part).map_err(told)?);
            }
            cx.apply(changes).await.map_err(lost)?;
        }
        let work = self.work("rotate_keys")?;
        let (cx, began) = (work.context(&TenantId::platform()), self.clock.monotonic());
        let erasure = cx.erase(id.as_str(), &[Purpose::Pii]).await.map_err(told)?;
        let changes = erasure.writes.into_iter().fold(Changes::new(), Changes::write);
        cx.apply(changes).await.map_err(lost)?;
        let took = self.clock.monotonic().saturating_sub(began);
        let [calls, ..] = work.meter.counts();
        Ok((took, calls))
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Measures.
pub(super) async fn measure(root: &Path) -> Result<(Vec<Goal>, Value), String> {
    let here = Here::start(root).await?;
    for _ in 0..CUSTOMERS {
        here.customer().await?;
    }
    let (mut ratios, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (plain, took, sealed) = here.round().await?;
        ratios.push(took.as_secs_f64() / plain.as_secs_f64());
        shown.push(json!({"items": sealed, "plain_s": plain.as_secs_f64(), "sealed_s": took.as_secs_f64()}));
    }
    let ratio = median(ratios);
    let (mut few, mut many, mut calls) = (Vec::new(), Vec::new(), (0, 0));
    for _ in 0..ROUNDS {
        let (took, made) = here.erasure(1).await?;
        few.push(took.as_secs_f64() * 1e3);
        calls.0 = made;
    }
    let (took, made) = here.erasure(MANY).await?;
    many.push(took.as_secs_f64() * 1e3);
    calls.1 = made;
    let (few, many) = (median(few), median(many));
    console::say(&format!(
        "re-encryption of {CUSTOMERS} customers takes {ratio:.2} of a plain read-and-write-back; erasing a subject with {MANY} items \
         {many:.1} ms and {} calls, one with a single item {few:.1} ms and {}",
        calls.1, calls.0,
    ));
    let goals = vec![
        Goal::most(
            "re-encryption against a plain read-and-write-back of the same items",
            ratio,
            1.5,
            "x",
        ),
        Goal::most(
            "calls for erasing a subject with 10,000 items beyond those for one item",
            calls.1 as f64 - calls.0 as f64,
            0.0,
            "calls",
        ),
    ];
    let erasure =
        json!({"many": MANY, "many_ms": many, "one_ms": few, "many_calls": calls.1, "one_calls": calls.0});
    Ok((
        goals,
        json!({"rounds": shown, "ratio": ratio, "erasure": erasure}),
    ))
}
