//! What tests of workers share: the stand-ins of AWS on a clock that tests move, and workers that are killed.

use super::{StandIns, faults::Faults, worker};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    road::Context,
    store::{Attribute, Table},
    time::{Clock, SystemClock, Timestamp, after},
    worker::{Place, Trigger, Work, Worker},
};
use std::{
    future::{Future, poll_fn},
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};
use topology::Topology;

/// May read and list what tests look at.
static READER: Worker = Worker {
    name: "read_for_tests",
    service: "audit",
    trigger: Trigger::Manual,
    place: Place::EachRegion,
    summary: "Read what tests look at",
    uses: &[
        Uses::Read(Table::Identity),
        Uses::List(Table::Identity, 2),
        Uses::Read(Table::Alerts),
        Uses::List(Table::Alerts, 1),
        Uses::Read(Table::Audit),
        Uses::List(Table::Audit, 1),
        Uses::Read(Table::Seals),
        Uses::List(Table::Seals, 2),
        Uses::Below(Table::Seals),
        Uses::Key(Purpose::Secret),
    ],
    batch: 1,
    timeout: 60,
    run: |_, _| Box::pin(async { Ok(Value::Null) }),
};

/// The machine's clock, ahead by what a test says. Waiting takes no time, or as long as a test says.
pub(super) struct Ahead {
    pub(super) real: SystemClock,
    seconds: AtomicI64,
    /// Seconds that pass at each wait, however short.
    pub(super) jump: AtomicI64,
    /// Milliseconds that were to be waited for.
    pub(super) waited: AtomicU64,
}

impl Ahead {
    pub(super) fn by(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        after(self.real.now(), self.seconds.load(Ordering::SeqCst))
    }
    fn monotonic(&self) -> Duration {
        // A clock that is set back does not go back here.
        let ahead = u64::try_from(self.seconds.load(Ordering::SeqCst)).unwrap_or(0);
        self.real.monotonic() + Duration::from_secs(ahead)
    }
    fn sleep<'a>(&'a self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.waited.fetch_add(millis, Ordering::SeqCst);
        self.by(self.jump.load(Ordering::SeqCst));
        Box::pin(tokio::task::yield_now())
    }
}

pub(super) struct Stage0 {
    pub(super) dir: PathBuf,
    pub(super) clock: Arc<Ahead>,
    pub(super) stand_ins: StandIns,
}

impl Drop for Stage0 {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Stage0 {
    /// The stand-ins with the platform's own tenant.
    pub(super) async fn set(name: &str) -> Self {
        Self::start(name, false).await.0
    }

    /// With faults on purpose.
    pub(super) async fn faulty(name: &str) -> (Self, Arc<Faults>) {
        let (it, faults) = Self::start(name, true).await;
        (it, faults.unwrap())
    }

    async fn start(name: &str, faulty: bool) -> (Self, Option<Arc<Faults>>) {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = std::env::temp_dir().join(format!("ledgerkeep-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let root = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..");
        let topology = Topology::read(&root).unwrap();
        let clock = Arc::new(Ahead {
            real: SystemClock::default(),
            seconds: AtomicI64::new(0),
            jump: AtomicI64::new(0),
            waited: AtomicU64::new(0),
        });
        let faults = faulty.then(|| Faults::new(clock.clone()));
        let stand_ins = StandIns::signing(&topology, &dir, clock.clone(), faults.clone(), &[], None)
            .await
            .unwrap();
        let it = Self {
            dir,
            clock,
            stand_ins,
        };
        it.run("bootstrap_platform").await.unwrap();
        (it, faults)
    }

    /// One run of a worker.
    pub(super) fn work(&self, name: &str) -> Arc<Work> {
        Work::new(self.stand_ins.app.clone(), worker(name).unwrap())
    }

    /// What tests look at in the tenant of the platform, whichever function may read it.
    pub(super) fn reader(&self) -> Context {
        Work::new(self.stand_ins.app.clone(), &READER).context(&TenantId::platform())
    }

    /// Runs a worker as its schedule does.
    pub(super) async fn run(&self, name: &str) -> Result<Value, String> {
        self.hand(name, json!({})).await
    }

    /// The tables, past every context.
    pub(super) fn tables(&self) -> aws_sdk_dynamodb::Client {
        let mut conf = aws_sdk_dynamodb::config::Builder::from(&self.stand_ins.sdk);
        conf.set_endpoint_url(self.stand_ins.endpoints.dynamodb.clone());
        aws_sdk_dynamodb::Client::from_conf(conf.build())
    }

    /// Every item of a table as it is kept, in the JSON of DynamoDB.
    pub(super) async fn kept(&self, table: Table) -> Vec<Map<String, Value>> {
        let client = self.tables();
        let name = &self.stand_ins.app.config.tables[&table];
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let page = client
                .scan()
                .table_name(name)
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let page = page.send().await.unwrap();
            for item in page.items() {
                let json = item.iter().map(|(n, v)| (n.clone(), attribute(v)));
                items.push(json.collect());
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }

    /// Hands a worker an event.
    pub(super) async fn hand(&self, name: &str, event: Value) -> Result<Value, String> {
        (worker(name).unwrap().run)(self.work(name), event).await
    }
}

/// Drops a future after it has been polled so often: the process was killed there.
pub(super) async fn killed<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

fn attribute(value: &Attribute) -> Value {
    match value {
        Attribute::S(s) => json!({"S": s}),
        Attribute::N(n) => json!({"N": n}),
        Attribute::Bool(b) => json!({"BOOL": b}),
        Attribute::B(b) => json!({"B": STANDARD.encode(b.as_ref())}),
        Attribute::L(list) => json!({"L": list.iter().map(attribute).collect::<Vec<_>>()}),
        Attribute::M(map) => {
            let members = map.iter().map(|(n, v)| (n.clone(), attribute(v)));
            json!({"M": members.collect::<Map<_, _>>()})
        }
        _ => json!({"NULL": true}),
    }
}

/// The record of a stream that tells of a new item.
pub(super) fn inserted(item: &Map<String, Value>, number: usize) -> Value {
    json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": number.to_string(),
        "Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": item}})
}
