//! What answers: `dynoxide`'s actions over one connection, whose pages and statements stay warm.

use crate::{
    Time,
    fingerprint::Actions,
    tokens::{Seen, Tokens},
};
use dynoxide::{
    DynoxideError,
    actions::{
        batch_get_item, batch_write_item, delete_item, get_item, get_records, put_item, query, scan,
        transact_get_items::{self, TransactGet, TransactGetItem, TransactGetItemsRequest},
        transact_write_items::{self, TransactWriteItem, TransactWriteItemsRequest},
        update_item,
    },
    storage::Storage,
    types::{AttributeValue, KeySchemaElement},
};
use futures::FutureExt;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

/// Statements that a connection keeps prepared: five for each index of each table, and some. As it comes it keeps 16, fewer than one
/// transaction has.
const STATEMENTS: usize = 512;
/// The longest token of a transaction, in bytes.
const TOKEN: usize = 36;

/// How a connection works.
///
/// - `synchronous = OFF`: a commit is with the operating system when it is answered, so it survives the end of this process, however
///   sudden; it is the system that writes it to the disk, a page that was written ten times in half a minute once. Were it `NORMAL`,
///   every checkpoint would wait for the disk and write each page twice. What does not survive is the end of the machine: the file may be
///   damaged then, and the platform says so at its next start.
/// - `cache_size`: 8 MB. With 64 MB the end of each transaction looked through as many slots of it, 8 % of what a transaction took.
const SETTINGS: &str = "PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;";

/// Every write asks for the highest sequence number of its table's stream, and every read for the records after one. Without an index
/// both walk through all records: 6 payments a second after a few thousand. One serves both, as a table has one shard.
const STREAMS: &str = "CREATE INDEX IF NOT EXISTS ledgerkeep_stream_sequence
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
     DROP INDEX IF EXISTS ledgerkeep_stream_shard;";

/// The answer to a call.
#[derive(Debug)]
pub enum Answer {
    /// The HTTP status and the body.
    Told(u16, Vec<u8>),
    /// `dynoxide`'s own server has to answer: the call is none of those that are answered here, or a refusal that it words.
    Others,
}

/// Opens, writes and reads the tables' file.
pub struct Engine {
    path: PathBuf,
    writer: Mutex<Write>,
    time: Arc<dyn Time>,
}

/// The connection, and the tokens of what was written over it. Whoever holds it is the only one who reads or writes: a call of the
/// tables is one step.
pub struct Write {
    storage: Storage,
    tokens: Tokens,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn connect(path: &Path) -> Result<Storage, DynoxideError> {
    let text = path
        .to_str()
        .ok_or_else(|| DynoxideError::InternalServerError("the file's name is not UTF-8".into()))?;
    let storage = Storage::new(text)?;
    let connection = storage.conn();
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(SETTINGS)?;
    Ok(storage)
}

/// The actions never wait for anything but the file, and that within one step.
fn done<R>(act: impl Future<Output = Result<R, DynoxideError>>) -> Result<R, DynoxideError> {
    act.now_or_never().unwrap_or_else(|| {
        Err(DynoxideError::InternalServerError(
            "the tables wait for something".into(),
        ))
    })
}

fn told<R: Serialize>(result: Result<R, DynoxideError>) -> Answer {
    match result {
        Ok(answer) => match serde_json::to_vec(&answer) {
            Ok(body) => Answer::Told(200, body),
            Err(why) => refused(&DynoxideError::InternalServerError(why.to_string())),
        },
        // Nothing was written. How it is said depends on the operation and on how the request was read, which its server knows.
        Err(
            DynoxideError::ValidationException(_)
            | DynoxideError::KeyEmptyValueValidation(_)
            | DynoxideError::EnvelopedValidation(_)
            | DynoxideError::SerializationException(_)
            | DynoxideError::ConversionError(_),
        ) => Answer::Others,
        Err(why) => refused(&why),
    }
}

fn refused(why: &DynoxideError) -> Answer {
    Answer::Told(why.status_code(), why.to_json().into_bytes())
}

/// Reads a request and acts on it; what cannot be read is for the others to refuse.
fn act<Q: DeserializeOwned, R: Serialize>(
    body: &[u8],
    act: impl FnOnce(Q) -> Result<R, DynoxideError>,
) -> Answer {
    match serde_json::from_slice(body) {
        Ok(request) => told(act(request)),
        Err(_) => Answer::Others,
    }
}

impl Engine {
    /// Opens the file, and makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(path: &Path, time: Arc<dyn Time>) -> Result<Arc<Self>, DynoxideError> {
        let storage = connect(path)?;
        storage.database_info()?;
        storage.conn().execute_batch(STREAMS)?;
        Ok(Arc::new(Self {
            path: path.to_owned(),
            writer: Mutex::new(Write {
                storage,
                tokens: Tokens::default(),
            }),
            time,
        }))
    }

    /// The right to read and write, which one has at a time.
    pub fn writer(&self) -> MutexGuard<'_, Write> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Who wrote has come to a sudden end; what was begun is not there.
            let writer = poisoned.into_inner();
            let _ = writer.storage.rollback();
            self.writer.clear_poison();
            writer
        })
    }

    /// Answers a call of the operation with this body.
    pub fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        match operation {
            "TransactWriteItems" => self.transact(body),
            "PutItem" => act(body, |q| done(put_item::execute(&self.writer().storage, q))),
            "UpdateItem" => act(body, |q| done(update_item::execute(&self.writer().storage, q))),
            "DeleteItem" => act(body, |q| done(delete_item::execute(&self.writer().storage, q))),
            "BatchWriteItem" => act(body, |q| {
                done(batch_write_item::execute(&self.writer().storage, q))
            }),
            "GetItem" => act(body, |q| done(get_item::execute(&self.writer().storage, q))),
            "BatchGetItem" => act(body, |q| done(batch_get_item::execute(&self.writer().storage, q))),
            "TransactGetItems" => act(body, |q| {
                done(transact_get_items::execute(&self.writer().storage, q))
            }),
            "Query" => act(body, |q| done(query::execute(&self.writer().storage, q))),
            "Scan" => act(body, |q| done(scan::execute(&self.writer().storage, q))),
            "GetRecords" => self.records(body).0,
            _ => Answer::Others,
        }
    }

    /// Answers `GetRecords`; also whether there was none.
    pub fn records(&self, body: &[u8]) -> (Answer, bool) {
        let mut none = false;
        let answer = act(body, |q| {
            let got = done(get_records::execute(&self.writer().storage, q))?;
            none = got.records.is_empty();
            Ok(got)
        });
        (answer, none)
    }

    /// Forgets what the connection knows of tables, which the others have changed.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn renew(&self) -> Result<(), DynoxideError> {
        let mut writer = self.writer();
        writer.storage = connect(&self.path)?;
        Ok(())
    }

    /// A transaction under its token, if it has one: at most one of those with the same token takes effect, and the others are
    /// answered after it as if they had read what it wrote.
    fn transact(&self, body: &[u8]) -> Answer {
        let Ok(mut request) = serde_json::from_slice::<TransactWriteItemsRequest>(body) else {
            return Answer::Others;
        };
        let Some(token) = request.client_request_token.take() else {
            return self.writer().transact(request);
        };
        if token.is_empty() || token.len() > TOKEN {
            return Answer::Others;
        }
        let Ok(Actions(actions)) = serde_json::from_slice::<Actions>(body) else {
            return Answer::Others;
        };
        let mut writer = self.writer();
        let now = self.time.monotonic();
        match writer.tokens.seen(&token, actions, now) {
            Seen::Different => refused(&DynoxideError::IdempotentParameterMismatchException(
                "An error occurred (IdempotentParameterMismatchException)".into(),
            )),
            Seen::Same => told(writer.again(request)),
            Seen::Never => {
                let answer = writer.transact(request);
                if matches!(answer, Answer::Told(200, _)) {
                    writer.tokens.keep(token, actions, self.time.monotonic());
                }
                answer
            }
        }
    }
}

impl Write {
    /// Puts one item.
    ///
    /// # Errors
    /// As `PutItem` refuses.
    pub fn put(&self, request: put_item::PutItemRequest) -> Result<(), DynoxideError> {
        done(put_item::execute(&self.storage, request)).map(drop)
    }

    /// Deletes one item.
    ///
    /// # Errors
    /// As `DeleteItem` refuses.
    pub fn delete(&self, request: delete_item::DeleteItemRequest) -> Result<(), DynoxideError> {
        done(delete_item::execute(&self.storage, request)).map(drop)
    }

    fn transact(&self, request: TransactWriteItemsRequest) -> Answer {
        told(done(transact_write_items::execute(&self.storage, request)))
    }

    /// A transaction that was made already writes nothing, and costs what reading its items costs.
    fn again(&self, request: TransactWriteItemsRequest) -> Result<serde_json::Value, DynoxideError> {
        if request.return_consumed_capacity.is_none() {
            return Ok(json!({}));
        }
        let items = request.transact_items.into_iter().map(|action| self.key(action));
        let read = TransactGetItemsRequest {
            transact_items: items.collect::<Result<_, _>>()?,
            return_consumed_capacity: request.return_consumed_capacity,
        };
        let read = done(transact_get_items::execute(&self.storage, read))?;
        Ok(match read.consumed_capacity {
            None => json!({}),
            Some(capacity) => json!({ "ConsumedCapacity": capacity }),
        })
    }

    fn key(&self, action: TransactWriteItem) -> Result<TransactGetItem, DynoxideError> {
        let TransactWriteItem {
            put,
            update,
            delete,
            condition_check,
        } = action;
        let (table_name, key) = match (put, update, delete, condition_check) {
            (Some(put), ..) => (put.table_name.clone(), self.key_of(&put.table_name, put.item)?),
            (_, Some(update), ..) => (update.table_name, update.key),
            (_, _, Some(delete), _) => (delete.table_name, delete.key),
            (.., Some(check)) => (check.table_name, check.key),
            _ => return Err(DynoxideError::ValidationException("an action is empty".into())),
        };
        let get = TransactGet {
            table_name,
            key,
            ..TransactGet::default()
        };
        Ok(TransactGetItem { get })
    }

    /// What of an item is its key.
    fn key_of(
        &self,
        table: &str,
        item: HashMap<String, AttributeValue>,
    ) -> Result<HashMap<String, AttributeValue>, DynoxideError> {
        let known = self.storage.get_table_metadata(table)?;
        let schema = known.map(|known| serde_json::from_str::<Vec<KeySchemaElement>>(&known.key_schema));
        let schema = schema
            .transpose()
            .map_err(|why| DynoxideError::InternalServerError(why.to_string()))?
            .unwrap_or_default();
        let of_key = |name: &String| schema.iter().any(|element| element.attribute_name == *name);
        Ok(item.into_iter().filter(|(name, _)| of_key(name)).collect())
    }
}
