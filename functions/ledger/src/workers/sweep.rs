//! `sweep_journal`: books what the stream did not bring. It goes through the journal in the order of time and remembers how far it
//! got; it stays a minute behind, and looks at the latest minutes again, because an index and a slow commit may show an entry late.
//! Where another region has made the books it makes them anew.

use crate::{
    books::{
        fold::{current, fold, swept},
        items::HeadItem,
    },
    entries::{ALL, EntryItem},
};
use serde_json::json;
use shared::{
    endpoint::Uses,
    ids::{TenantId, bounds},
    problem::Problem,
    store::Table,
    time::after,
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// Seconds that the stream has for an entry.
const LATE: i64 = 60;
/// Seconds after which an entry is no longer looked for.
const SETTLED: i64 = 300;
/// Seconds after which it is noted again how far it got.
const STALE: i64 = 900;
/// Most pages in one run.
const PAGES: usize = 50;
/// Entries of a page.
const PAGE: i32 = 90;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sweep_journal",
    service: "ledger",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Book journal entries that the stream lost, and make the books anew after a take-over",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Read(Table::Journal),
        Uses::Write(Table::Ledger),
        Uses::List(Table::Journal, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| {
        Box::pin(async move {
            let booked = for_tenants(&work, |work, tenant| async move { sweep(work, &tenant).await });
            Ok(json!({"booked": booked.await?}))
        })
    },
};

/// Sweeps the journal of one tenant. Gives how many entries were not in its books.
async fn sweep(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    if !cx.at_home().await? {
        return Ok(0);
    }
    let head = cx.find::<HeadItem>(HeadItem::ID).await?;
    let books = current(&cx, head.as_ref());
    let mut from = books.swept.clone();
    let before = |seconds: i64| bounds("jre", after(cx.now(), -seconds).as_millisecond()).0;
    let until = before(LATE);
    let (mut booked, mut seen) = (0, false);
    for _ in 0..PAGES {
        if from >= until {
            seen = true;
            break;
        }
        let between = (from.clone(), until.clone());
        let page = cx.within_list::<EntryItem>(1, ALL, between, PAGE).await?;
        let Some(last) = page.last() else {
            seen = true;
            break;
        };
        // Sorts above this id and below every later one.
        from = format!("{}!", last.entry());
        booked += fold(&cx, page.into_iter().map(|entry| entry.item).collect()).await?;
    }
    // Nothing was posted, or all of it has been seen.
    let stale = !books.whole || books.swept < before(STALE);
    if seen && stale && (head.is_some() || booked > 0) {
        swept(&cx, before(SETTLED)).await?;
    }
    Ok(booked)
}
