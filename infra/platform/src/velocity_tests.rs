//! Limits of payments an hour against the tables: fifty at once on either side of an edge of an hour.

use super::testing::Stage0;
use risk::{Counting, Subject, limits::Limits};
use serde_json::Value;
use shared::{
    endpoint::Uses,
    ids::{CustomerId, TenantId},
    store::{Changes, Table},
    time::Clock,
    worker::{Place, Trigger, Work, Worker},
};

/// May count payments.
static COUNTER: Worker = Worker {
    name: "count_for_tests",
    service: "risk",
    trigger: Trigger::Manual,
    place: Place::Home,
    summary: "Count payments",
    uses: &[Uses::Write(Table::Risk)],
    batch: 1,
    timeout: 60,
    run: |_, _| Box::pin(async { Ok(Value::Null) }),
};

/// Most payments an hour.
const MOST: i64 = 7;

impl Stage0 {
    /// How many of fifty payments of a customer at once are let through.
    async fn let_through(&self, subject: &Subject) -> i64 {
        let limits = Limits {
            customer_per_hour: Some(("payments_of_a_customer".into(), MOST)),
            ..Limits::default()
        };
        let pays = async |cx: shared::road::Context| {
            // A transaction that met another one is tried again, as the road does.
            loop {
                let counts = subject.count(&cx, &limits, Counting::Limited);
                let changes = counts.into_iter().fold(Changes::new(), Changes::write);
                if cx.apply(changes).await.is_ok() {
                    return 1;
                }
                let mut batch = cx.batch(&subject.keys(&cx)).await.unwrap();
                if subject.standing(&cx, &mut batch).unwrap().count >= MOST {
                    return 0;
                }
            }
        };
        let hands = (0..50).map(|_| {
            let work = Work::new(self.stand_ins.app.clone(), &COUNTER);
            pays(work.context(&TenantId::platform()))
        });
        futures::future::join_all(hands).await.into_iter().sum()
    }

    /// Moves the clock to so many seconds before the next edge of an hour.
    fn before_the_hour(&self, seconds: i64) {
        let now = self.clock.now().as_second();
        self.clock.by(3_600 - now.rem_euclid(3_600) - seconds);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twice_the_limit_never_passes_across_an_edge() {
    let it = Stage0::set("velocity").await;
    let subject = Subject::Customer(CustomerId::new(it.clock.now()));
    it.before_the_hour(30);
    assert_eq!(it.let_through(&subject).await, MOST);
    it.clock.by(60);
    assert_eq!(it.let_through(&subject).await, 0, "across the edge of an hour");
    it.clock.by(3_300);
    assert_eq!(it.let_through(&subject).await, 0, "fifty-six minutes later");
    it.clock.by(600);
    assert_eq!(it.let_through(&subject).await, MOST);
    // The windows of a payment stand in two items in the first hour of each six.
    let into = it.clock.now().as_second().rem_euclid(6 * 3_600);
    it.clock.by(6 * 3_600 - into + 6 * 3_600 - 30);
    assert_eq!(it.let_through(&subject).await, MOST);
    it.clock.by(60);
    assert_eq!(it.let_through(&subject).await, 0, "across the edge of an item");
}
