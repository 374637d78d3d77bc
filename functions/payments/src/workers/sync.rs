//! `sync_payments`: orders whose outcome the provider never told are asked for, and never placed again.

use crate::{
    provider::{Reply, asked},
    questions::{OPEN, OpenQuestion},
    settle::Objects,
};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Stored, Table},
    time::after,
    worker::{PATIENCE, Place, Trigger, Work, Worker, for_tenants},
};

/// Rounds of settling after lost races. The next run goes on where they end.
const ROUNDS: usize = 10;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sync_payments",
    service: "payments",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Ask the provider for outcomes that it never told",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Post,
        Uses::Write(Table::Payments),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Payments, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let settled = for_tenants(&work, |work, tenant| async move { ask(work, &tenant).await });
            Ok(json!({"settled": settled.await?}))
        })
    },
};

/// Asks a tenant's open questions, oldest first.
async fn ask(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let mut pages = cx.oldest_first::<OpenQuestion>(1, OPEN);
    let mut settled = 0;
    while let Some(questions) = pages.next().await? {
        for question in questions {
            if after(question.asked_at, PATIENCE) > cx.now() {
                return Ok(settled);
            }
            if !cx.at_home().await? {
                return Ok(settled);
            }
            let Some(reply) = asked(&cx, &question.order).await else {
                continue;
            };
            match settle(&cx, &question, &reply).await {
                Ok(()) => settled += 1,
                Err(problem) => {
                    tracing::warn!(
                        code = problem.code,
                        internal = problem.internal,
                        "a question stays open"
                    );
                }
            }
        }
    }
    Ok(settled)
}

/// Settles the order and removes its question, both or neither.
async fn settle(cx: &Context, question: &Stored<OpenQuestion>, reply: &Reply) -> Result<(), Problem> {
    for _ in 0..ROUNDS {
        let objects = Objects::read(cx, &question.order).await?;
        let (_, changes) = objects.settle(cx, &question.order, reply).await?;
        match cx.commit(changes.write(cx.delete(question))).await {
            Ok(()) => return Ok(()),
            Err(Some(problem)) => return Err(problem),
            Err(None) => {}
        }
    }
    Err(Problem::unavailable("lost too many races"))
}
