//! `end_retention`: what invoices of a year froze can be read by nobody once their term has ended.

use crate::{retained::TERM, tax::Day};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Changes, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// Ended years that are looked at, so that no outage leaves one over.
const LOOKS_BACK: i16 = 3;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "end_retention",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 day)"),
    place: Place::Home,
    summary: "Destroy the key of what invoices froze once its term has ended",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Keys),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let ended = for_tenants(&work, |work, tenant| async move { end(work, &tenant).await });
            Ok(json!({"ended": ended.await?}))
        })
    },
};

/// The years whose term has ended, as far as they are looked at.
pub fn ended(year: i16) -> impl Iterator<Item = i16> {
    let last = year - TERM - 1;
    last - LOOKS_BACK + 1..=last
}

/// Destroys the keys of one tenant's years that have ended.
async fn end(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let mut count = 0;
    for year in ended(Day::of(cx.now()).date().year()) {
        let subject = Context::retention_subject(year);
        let found = cx.find_sub::<shared::crypto::SubjectKeyItem>(&subject, Purpose::Pii.name());
        if found.await?.is_none() {
            continue;
        }
        if !cx.at_home().await? {
            return Ok(count);
        }
        let erasure = cx.erase(&subject, &[Purpose::Pii]).await?;
        let changes = erasure.writes.into_iter().fold(Changes::new(), Changes::write);
        match cx.commit(changes.concerning(&subject).alert()).await {
            Ok(()) => count += 1,
            Err(None) => {}
            Err(Some(problem)) => return Err(problem),
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_kept_for_ten_whole_years() {
        assert_eq!(ended(2037).collect::<Vec<_>>(), [2024, 2025, 2026]);
        assert!(!ended(2036).any(|year| year == 2026));
    }
}
