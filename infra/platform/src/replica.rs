//! A region's side of replication, as global tables do it (version 2019.11.21, eventual consistency): what is written here is given out
//! item by item, and what the other region wrote is taken over where it is newer than what stands here.
//!
//! Triggers in the tables' own file note every write within the transaction that makes it, so that neither is ever there without the
//! other. A write that arrives goes through DynamoDB like any other: it stands in the stream of this region, too. Whoever judges and
//! makes it is the only one who writes meanwhile; so nothing is written between the comparison and the write.

use super::{
    faults::{Dropped, plain},
    live::Live,
};
use bytes::Bytes;
use dynoxide::actions::{delete_item::DeleteItemRequest, put_item::PutItemRequest};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tables::{Engine, Write};

/// Most bytes of a request.
const LIMIT: usize = 256 * 1024 * 1024;
/// Most writes that are given out at once.
const BATCH: u32 = 200;
/// How often a waiting reader looks, and how long it waits at most.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 50;

/// A write of one item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    /// Its number among the writes of its region.
    pub number: i64,
    /// The table.
    pub table: String,
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
    /// The item in DynamoDB's JSON; none when it was removed.
    pub image: Option<String>,
    /// When, in unix milliseconds.
    pub at: i64,
}

/// Which of two writes of an item is the later one: by time, then by the region's name, then by number.
type Version = (i64, String, i64);

/// The tables of a region, as the other one sees them.
pub struct Replica {
    engine: Arc<Engine>,
    own: Mutex<Connection>,
    live: Arc<Live>,
    clock: SystemClock,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What notes every write of these tables.
fn notes(region: &str, tables: &[String]) -> String {
    let listed: Vec<String> = tables.iter().map(|t| quoted(t)).collect();
    let (listed, region) = (listed.join(", "), quoted(region));
    let (pk, sk) = (
        "json_extract(NEW.keys_json, '$.pk.S')",
        "json_extract(NEW.keys_json, '$.sk.S')",
    );
    let arriving = format!(
        "(SELECT 1 FROM _ledgerkeep_arriving WHERE table_name = NEW.table_name AND pk = {pk} AND sk = {sk})"
    );
    format!(
        "CREATE TABLE IF NOT EXISTS _ledgerkeep_written (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             table_name TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, image TEXT, at INTEGER NOT NULL);
         CREATE TABLE IF NOT EXISTS _ledgerkeep_versions (
             table_name TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
             at INTEGER NOT NULL, origin TEXT NOT NULL, number INTEGER NOT NULL,
             PRIMARY KEY (table_name, pk, sk)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS _ledgerkeep_arriving (
             table_name TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
             at INTEGER NOT NULL, origin TEXT NOT NULL, number INTEGER NOT NULL);
         DELETE FROM _ledgerkeep_arriving;
         DROP TRIGGER IF EXISTS _ledgerkeep_own;
         DROP TRIGGER IF EXISTS _ledgerkeep_other;
         CREATE TRIGGER _ledgerkeep_own AFTER INSERT ON _stream_records
         WHEN NEW.table_name IN ({listed}) AND NOT EXISTS {arriving}
         BEGIN
             INSERT INTO _ledgerkeep_written (table_name, pk, sk, image, at) VALUES (NEW.table_name, {pk}, {sk}, NEW.new_image,
                 max(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
                     coalesce((SELECT at + 1 FROM _ledgerkeep_versions
                               WHERE table_name = NEW.table_name AND pk = {pk} AND sk = {sk}), 0)));
             INSERT OR REPLACE INTO _ledgerkeep_versions
                 SELECT table_name, pk, sk, at, {region}, number FROM _ledgerkeep_written WHERE number = last_insert_rowid();
         END;
         CREATE TRIGGER _ledgerkeep_other AFTER INSERT ON _stream_records
         WHEN EXISTS {arriving}
         BEGIN
             INSERT OR REPLACE INTO _ledgerkeep_versions SELECT * FROM _ledgerkeep_arriving;
         END;"
    )
}

impl Replica {
    /// Notes every write of these tables from now on.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(
        engine: Arc<Engine>,
        path: &Path,
        region: &str,
        tables: &[String],
        live: Arc<Live>,
    ) -> Result<Arc<Self>, rusqlite::Error> {
        let own = Connection::open(path)?;
        own.busy_timeout(Duration::from_secs(5))?;
        own.pragma_update(None, "synchronous", "OFF")?;
        own.execute_batch(&notes(region, tables))?;
        Ok(Arc::new(Self {
            engine,
            own: Mutex::new(own),
            live,
            clock: SystemClock::default(),
        }))
    }

    fn own(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes of this region after a number, in order.
    fn written(&self, after: i64) -> Result<Vec<Written>, rusqlite::Error> {
        let own = self.own();
        let mut query = own.prepare_cached(
            "SELECT number, table_name, pk, sk, image, at FROM _ledgerkeep_written WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?;
        let rows = query.query_map(params![after, BATCH], |row| {
            Ok(Written {
                number: row.get(0)?,
                table: row.get(1)?,
                pk: row.get(2)?,
                sk: row.get(3)?,
                image: row.get(4)?,
                at: row.get(5)?,
            })
        })?;
        rows.collect()
    }

    /// Forgets writes that have arrived.
    fn forget(&self, numbers: &[i64]) -> Result<(), rusqlite::Error> {
        let mut own = self.own();
        let all = own.transaction()?;
        for number in numbers {
            all.prepare_cached("DELETE FROM _ledgerkeep_written WHERE number = ?1")?
                .execute([number])?;
        }
        all.commit()
    }

    /// Takes a write of another region over; `false` where a later one stands here.
    fn take(&self, origin: &str, write: &Written) -> Result<bool, String> {
        let told = |e: rusqlite::Error| e.to_string();
        let version: Version = (write.at, origin.to_owned(), write.number);
        let key = params![write.table, write.pk, write.sk];
        let writer = self.engine.writer();
        {
            let own = self.own();
            let here: Option<Version> = own
                .prepare_cached(
                    "SELECT at, origin, number FROM _ledgerkeep_versions WHERE table_name = ?1 AND pk = ?2 AND sk = ?3",
                )
                .and_then(|mut query| {
                    query.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
                })
                .map_err(told)?;
            if here.is_some_and(|here| here >= version) {
                return Ok(false);
            }
            own.prepare_cached("INSERT INTO _ledgerkeep_arriving VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .and_then(|mut mark| {
                    mark.execute(params![
                        write.table,
                        write.pk,
                        write.sk,
                        write.at,
                        origin,
                        write.number
                    ])
                })
                .map_err(told)?;
        }
        let made = make(&writer, write);
        let own = self.own();
        if made.is_ok() {
            // A write that changes nothing makes no record, and so no version.
            own.prepare_cached(
                "INSERT OR REPLACE INTO _ledgerkeep_versions SELECT * FROM _ledgerkeep_arriving",
            )
            .and_then(|mut note| note.execute([]))
            .map_err(told)?;
        }
        own.prepare_cached("DELETE FROM _ledgerkeep_arriving")
            .and_then(|mut done| done.execute([]))
            .map_err(told)?;
        made.map(|()| true)
    }

    /// Answers the network between the regions, on the threads of the tables.
    pub async fn serve(self: Arc<Self>, listener: std::net::TcpListener) {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
            return;
        };
        while let Ok((stream, _)) = listener.accept().await {
            let replica = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let replica = replica.clone();
                    async move { Ok::<_, Dropped>(replica.answer(request).await) }
                });
                let builder = hyper::server::conn::http1::Builder::new();
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    /// `GET /written/<after>` waits for writes of this region and gives them; `POST /arrived` names those that the other one has;
    /// `POST /take/<origin>` brings writes of the other region.
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let Ok(body) = Limited::new(request.into_body(), LIMIT).collect().await else {
            return plain(413, "too large".into());
        };
        let body = body.to_bytes();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let done = match (&method, parts.as_slice()) {
            (&Method::GET, ["written", after]) => match after.parse() {
                Ok(after) => self.wait(after).await,
                Err(_) => return plain(404, String::new()),
            },
            (&Method::POST, ["arrived"]) => match serde_json::from_slice::<Vec<i64>>(&body) {
                Ok(numbers) => self
                    .forget(&numbers)
                    .map(|()| json!({}))
                    .map_err(|e| e.to_string()),
                Err(why) => Err(why.to_string()),
            },
            (&Method::POST, ["take", origin]) => match serde_json::from_slice::<Vec<Written>>(&body) {
                Ok(writes) => self.take_all(origin, &writes).await,
                Err(why) => Err(why.to_string()),
            },
            _ => return plain(404, String::new()),
        };
        match done {
            Ok(answer) => plain(200, answer.to_string()),
            Err(why) => plain(500, why),
        }
    }

    async fn wait(&self, after: i64) -> Result<Value, String> {
        for _ in 0..LOOKS {
            let found = self.written(after).map_err(|e| e.to_string())?;
            if !found.is_empty() {
                return Ok(json!(found));
            }
            self.clock.sleep(LOOK).await;
        }
        Ok(json!([]))
    }

    /// Takes all over; how many were too late.
    async fn take_all(&self, origin: &str, writes: &[Written]) -> Result<Value, String> {
        let now = self.clock.now().as_millisecond();
        let mut late = 0;
        for write in writes {
            if !self.take(origin, write)? {
                late += 1;
            }
            let lag = u64::try_from(now.saturating_sub(write.at)).unwrap_or(0);
            self.live.replicated(Duration::from_millis(lag));
            // What else waits for the tables comes in between.
            tokio::task::yield_now().await;
        }
        Ok(json!({ "superseded": late }))
    }
}

/// Makes a write as it was made elsewhere.
fn make(writer: &Write, write: &Written) -> Result<(), String> {
    match &write.image {
        Some(image) => {
            let item: Value = serde_json::from_str(image).map_err(|e| e.to_string())?;
            let request: PutItemRequest =
                serde_json::from_value(json!({"TableName": write.table, "Item": item}))
                    .map_err(|e| e.to_string())?;
            writer.put(request).map_err(|e| e.to_string())
        }
        None => {
            let key = json!({"pk": {"S": write.pk}, "sk": {"S": write.sk}});
            let request: DeleteItemRequest =
                serde_json::from_value(json!({"TableName": write.table, "Key": key}))
                    .map_err(|e| e.to_string())?;
            writer.delete(request).map_err(|e| e.to_string())
        }
    }
}

/// Writes of a region that has ended and that had not arrived: those in its file that are not among `arrived`.
///
/// # Errors
/// When the file cannot be read.
pub fn left_behind(path: &Path, arrived: &dyn Fn(i64) -> bool) -> Result<usize, rusqlite::Error> {
    let own = Connection::open(path)?;
    own.busy_timeout(Duration::from_secs(5))?;
    let mut query = own.prepare("SELECT number FROM _ledgerkeep_written")?;
    let numbers: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(numbers.into_iter().filter(|n| !arrived(*n)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynoxide::{
        Database,
        actions::{create_table::CreateTableRequest, get_item::GetItemRequest},
    };
    use std::path::PathBuf;

    struct Place {
        database: Database,
        replica: Arc<Replica>,
        file: PathBuf,
    }

    fn open(file: &Path, region: &str) -> Place {
        let database = Database::new(file.to_str().unwrap()).unwrap();
        let live = Live::new(Arc::new(SystemClock::default()));
        let engine = Engine::open(file, Arc::new(crate::tables::Machine::default())).unwrap();
        let replica = Replica::open(engine, file, region, &["items".into()], live).unwrap();
        let file = file.to_owned();
        Place {
            database,
            replica,
            file,
        }
    }

    impl Place {
        fn new(region: &str) -> Self {
            let name = format!("replica-{}.sqlite", hex::encode(shared::random::bytes::<8>()));
            let place = open(&std::env::temp_dir().join(name), region);
            for name in ["items", "own"] {
                let table = json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
                    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}});
                let table: CreateTableRequest = serde_json::from_value(table).unwrap();
                place.database.create_table(table).unwrap();
            }
            place
        }

        fn put(&self, table: &str, key: &str, value: &str) {
            let put = json!({"TableName": table, "Item": {"pk": {"S": key}, "sk": {"S": "it's"}, "v": {"S": value}}});
            self.database
                .put_item(serde_json::from_value(put).unwrap())
                .unwrap();
        }

        fn remove(&self, key: &str) {
            let delete = json!({"TableName": "items", "Key": {"pk": {"S": key}, "sk": {"S": "it's"}}});
            self.database
                .delete_item(serde_json::from_value(delete).unwrap())
                .unwrap();
        }

        fn value(&self, key: &str) -> Option<String> {
            let get = json!({"TableName": "items", "Key": {"pk": {"S": key}, "sk": {"S": "it's"}}});
            let get: GetItemRequest = serde_json::from_value(get).unwrap();
            let found = serde_json::to_value(self.database.get_item(get).unwrap()).unwrap();
            found["Item"]["v"]["S"].as_str().map(str::to_owned)
        }

        fn records(&self) -> i64 {
            let count = "SELECT count(*) FROM _stream_records WHERE table_name = 'items'";
            self.replica.own().query_row(count, [], |row| row.get(0)).unwrap()
        }

        fn takes(&self, origin: &str, write: &Written) -> bool {
            self.replica.take(origin, write).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            for end in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{end}", self.file.display())));
            }
        }
    }

    #[test]
    fn what_arrives_twice_and_in_any_order_ends_as_it_was_written() {
        let (a, b) = (Place::new("eu-west-1"), Place::new("eu-central-1"));
        a.put("items", "x", "1");
        a.put("items", "x", "2");
        a.put("items", "gone", "1");
        a.remove("gone");
        a.put("own", "x", "not replicated");
        let written = a.replica.written(0).unwrap();
        assert_eq!(written.len(), 4);
        let taken: Vec<bool> = written
            .iter()
            .rev()
            .chain(&written)
            .map(|w| b.takes("eu-west-1", w))
            .collect();
        assert_eq!(taken, [true, false, true, false, false, false, false, false]);
        assert_eq!((b.value("x"), b.value("gone")), (Some("2".into()), None));
        // It stands in the stream here, and does not go back to where it came from.
        assert_eq!(b.records(), 1, "a removal of nothing makes no record");
        assert!(b.replica.written(0).unwrap().is_empty());
        a.replica.forget(&[1, 2]).unwrap();
        let left: Vec<i64> = a.replica.written(0).unwrap().iter().map(|w| w.number).collect();
        assert_eq!(left, [3, 4]);
        let arrived = |number| number == 3;
        assert_eq!(left_behind(&a.file, &arrived).unwrap(), 1);
    }

    #[test]
    fn the_last_writer_wins_in_both_regions() {
        let (a, b) = (Place::new("eu-west-1"), Place::new("eu-central-1"));
        for (first, second) in [(&a, &b), (&b, &a)] {
            first.put("items", "x", "earlier");
            // Another millisecond; in the same one the name of the region decides.
            let earlier = first.replica.written(0).unwrap().pop().unwrap();
            second.put("items", "x", "later");
            let mut later = second.replica.written(0).unwrap().pop().unwrap();
            if later.at == earlier.at {
                second.put("items", "x", "later");
                later = second.replica.written(0).unwrap().pop().unwrap();
            }
            let name = |place: &Place| {
                if place.file == a.file {
                    "eu-west-1"
                } else {
                    "eu-central-1"
                }
            };
            assert!(!second.takes(name(first), &earlier), "{earlier:?} {later:?}");
            assert!(first.takes(name(second), &later), "{earlier:?} {later:?}");
            assert_eq!(
                [a.value("x"), b.value("x")],
                ["later", "later"].map(|v| Some(v.to_owned()))
            );
        }
        // What is written over something that came from elsewhere is newer than it, whatever the clocks say.
        let ahead = Written {
            number: 99,
            table: "items".into(),
            pk: "y".into(),
            sk: "it's".into(),
            image: Some(r#"{"pk":{"S":"y"},"sk":{"S":"it's"},"v":{"S":"ahead"}}"#.into()),
            at: i64::MAX / 2,
        };
        assert!(b.takes("eu-west-1", &ahead));
        b.put("items", "y", "over it");
        let over = b.replica.written(0).unwrap().pop().unwrap();
        assert_eq!((over.at, b.value("y")), (ahead.at + 1, Some("over it".into())));
    }

    #[test]
    fn a_write_that_was_being_taken_over_when_the_process_ended_is_taken_again() {
        let (a, b) = (Place::new("eu-west-1"), Place::new("eu-central-1"));
        a.put("items", "x", "1");
        let write = a.replica.written(0).unwrap().pop().unwrap();
        let mark = "INSERT INTO _ledgerkeep_arriving VALUES ('items', 'x', 'it''s', 1, 'eu-west-1', 1)";
        b.replica.own().execute(mark, []).unwrap();
        let again = open(&b.file, "eu-central-1");
        again.put("items", "x", "0");
        assert_eq!(again.replica.written(0).unwrap().len(), 1, "a write of its own");
        assert!(!again.takes("eu-west-1", &write), "which is later");
    }
}
