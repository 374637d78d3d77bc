//! Local stand-ins of AWS KMS, Secrets Manager, SQS, SES, STS and S3.
//!
//! They speak the AWS JSON protocol one call at a time: [`Emulator::call`] takes the target and body of a request
//! and gives the answer; the HTTP server is somebody else's. Keys, secrets, mail and objects live in files below one directory,
//! queues in memory. S3 has a protocol of its own: [`Buckets::call`]. This is for development only: key material lies unprotected on disk.

mod disk;
pub mod kms;
pub mod s3;
pub mod secrets;
pub mod ses;
pub mod sqs;
pub mod sts;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

pub use disk::OpenError;
pub use kms::{KeySpec, Kms};
pub use s3::Buckets;
pub use secrets::Secrets;
pub use ses::Mailbox;
pub use sqs::{Message, Queues};
pub use sts::Sts;
pub use wire::Failure;

use wire::{Place, Request};

/// Unix time in milliseconds.
pub type Now = fn() -> i64;

/// KMS, Secrets Manager, SQS, SES and S3 of one account in one region.
#[derive(Debug)]
pub struct Emulator {
    /// The key management service.
    pub kms: Kms,
    /// That of other regions, where keys have replicas.
    elsewhere: kms::Elsewhere,
    /// The secrets manager.
    pub secrets: Secrets,
    /// The queues.
    pub queues: Queues,
    /// The mail that was sent.
    pub mail: Mailbox,
    /// The security token service, which speaks another protocol: see [`Sts::call`].
    pub sts: Sts,
    /// The objects that were put.
    pub buckets: Buckets,
    counts: Mutex<BTreeMap<String, u64>>,
    /// Held for as long as the state is in use.
    _lock: File,
}

/// What is answered to one call.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
    /// The error's type, for the `x-amzn-errortype` header; absent on success.
    pub error_type: Option<String>,
    /// For the `x-amzn-query-error` header, by which the SDKs recognise the errors of SQS.
    pub query_error: Option<String>,
}

impl fmt::Debug for Reply {
    /// The body may hold a plaintext, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("error_type", &self.error_type)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// Opens the state below `dir`, or creates it; `now` gives unix time in milliseconds. The directory belongs to
    /// one emulator at a time.
    pub fn open(dir: &Path, region: &str, account: &str, now: Now) -> Result<Self, OpenError> {
        disk::private_dir(dir)?;
        let lock = disk::lock(dir)?;
        let place = Arc::new(Place {
            region: region.to_owned(),
            account: account.to_owned(),
        });
        Ok(Self {
            kms: Kms::open(dir, Arc::clone(&place), now)?,
            elsewhere: kms::Elsewhere::new(dir),
            secrets: Secrets::open(dir, Arc::clone(&place), now)?,
            queues: Queues::new(Arc::clone(&place), now),
            sts: Sts::new(place, now),
            mail: Mailbox::open(dir, now)?,
            buckets: Buckets::open(dir, now)?,
            counts: Mutex::new(BTreeMap::new()),
            _lock: lock,
        })
    }

    /// One AWS JSON call. `target` is the `X-Amz-Target` header, for example `TrentService.Encrypt`.
    pub fn call(&self, target: &str, body: &[u8]) -> Reply {
        self.call_in("", target, body)
    }

    /// One AWS JSON call to the KMS of a region; everything else, and what is no region, is in this one.
    pub fn call_in(&self, region: &str, target: &str, body: &[u8]) -> Reply {
        let result = Request::parse(body).and_then(|request| {
            let result = match target.split_once('.') {
                Some(("TrentService", operation)) => {
                    self.elsewhere.call(&self.kms, region, operation, &request)
                }
                Some(("secretsmanager", operation)) => self.secrets.call(operation, &request),
                Some(("AmazonSQS", operation)) => self.queues.call(operation, &request),
                Some(("SimpleEmailService", operation)) => self.mail.call(operation, &request),
                _ => None,
            };
            result.unwrap_or_else(|| Err(Failure::unknown_operation(target)))
        });
        // A target nobody knows is not counted, so the table stays as small as the interface.
        if !matches!(&result, Err(failure) if failure.is_unknown_operation()) {
            let mut counts = disk::hold(&self.counts);
            match counts.get_mut(target) {
                Some(count) => *count = count.saturating_add(1),
                None => {
                    counts.insert(target.to_owned(), 1);
                }
            }
        }
        match result {
            Ok(answer) => Reply {
                status: 200,
                body: answer.to_string().into_bytes(),
                error_type: None,
                query_error: None,
            },
            Err(failure) => failure.into_reply(),
        }
    }

    /// Has the multi-Region key behind an alias in another region too, under the same alias.
    ///
    /// # Errors
    /// When it is not one, or the state cannot be written.
    pub fn ensure_replica(&self, alias: &str, region: &str) -> Result<(), Failure> {
        self.elsewhere.ensure(&self.kms, alias, region)
    }

    /// How often each target was called since the start, refused calls included.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        disk::hold(&self.counts).clone()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! What the tests of this module share: a directory that goes away and a clock that stands still.

    use super::{Emulator, Reply};
    use serde_json::Value;
    use std::cell::Cell;
    use std::path::{Path, PathBuf};

    thread_local! {
        static NOW: Cell<i64> = const { Cell::new(1_700_000_000_000) };
    }

    /// One day in milliseconds.
    pub const DAY: i64 = 86_400_000;

    /// The test's clock.
    pub fn now() -> i64 {
        NOW.get()
    }

    /// Moves the test's clock.
    pub fn advance(milliseconds: i64) {
        NOW.set(NOW.get() + milliseconds);
    }

    /// A directory of one test.
    pub struct Dir(PathBuf);

    impl Dir {
        pub fn new() -> Self {
            Self(std::env::temp_dir().join(format!("aws-{}", super::wire::random_hex(8).unwrap())))
        }

        pub fn path(&self) -> &Path {
            &self.0
        }

        pub fn open(&self) -> Emulator {
            Emulator::open(&self.0, "eu-central-1", "111122223333", now).unwrap()
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    /// A call that must succeed.
    #[track_caller]
    pub fn ok(emulator: &Emulator, target: &str, body: Value) -> Value {
        let reply = emulator.call(target, body.to_string().as_bytes());
        assert_eq!(
            reply.status,
            200,
            "{target}: {}",
            String::from_utf8_lossy(&reply.body)
        );
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// A call that must be refused, with the given type of error.
    #[track_caller]
    pub fn refused(emulator: &Emulator, target: &str, body: Value, kind: &str) -> Reply {
        let reply = emulator.call(target, body.to_string().as_bytes());
        assert_ne!(reply.status, 200, "{target} succeeded");
        assert_eq!(
            reply.error_type.as_deref(),
            Some(kind),
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["__type"], kind);
        assert!(body["message"].is_string());
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Dir, ok, refused};
    use super::{Emulator, testing};
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn unknown_targets_and_bodies_are_refused() {
        let dir = Dir::new();
        let aws = dir.open();
        for target in [
            "",
            "TrentService",
            "TrentService.Nothing",
            "DynamoDB_20120810.GetItem",
        ] {
            refused(&aws, target, json!({}), "UnknownOperationException");
        }
        for body in ["[]", "{", "\"x\"", "\u{0}"] {
            let reply = aws.call("TrentService.GenerateRandom", body.as_bytes());
            assert_eq!(reply.status, 400);
            assert_eq!(reply.error_type.as_deref(), Some("SerializationException"));
        }
    }

    #[test]
    fn calls_are_counted() {
        let dir = Dir::new();
        let aws = dir.open();
        ok(&aws, "TrentService.GenerateRandom", json!({"NumberOfBytes": 8}));
        refused(
            &aws,
            "TrentService.GenerateRandom",
            json!({"NumberOfBytes": 0}),
            "ValidationException",
        );
        refused(
            &aws,
            "TrentService.Nothing",
            json!({}),
            "UnknownOperationException",
        );
        let counts = aws.counts();
        assert_eq!(counts.get("TrentService.GenerateRandom"), Some(&2));
        assert_eq!(counts.len(), 1);
    }

    #[test]
    fn the_state_is_private() {
        let dir = Dir::new();
        let aws = dir.open();
        aws.kms
            .ensure_key("alias/a", super::KeySpec::SymmetricDefault, false)
            .unwrap();
        aws.secrets.ensure("s", || "v".to_owned()).unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(dir.path()), 0o700);
        let mut files = 0;
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                assert_eq!(mode(&path), 0o700);
                continue;
            }
            assert_eq!(mode(&path), 0o600);
            files += 1;
        }
        assert_eq!(files, 3, "keys, secrets and the lock, nothing temporary");
    }

    #[test]
    fn a_directory_has_one_user() {
        let dir = Dir::new();
        let aws = dir.open();
        let error = Emulator::open(dir.path(), "eu-central-1", "1", testing::now).unwrap_err();
        assert!(error.to_string().contains("in use"), "{error}");
        drop(aws);
        drop(dir.open());
    }

    #[test]
    fn nothing_secret_in_debug() {
        let dir = Dir::new();
        let aws = dir.open();
        aws.secrets.ensure("s", || "hunter2".to_owned()).unwrap();
        let reply = aws.call("secretsmanager.GetSecretValue", br#"{"SecretId":"s"}"#);
        let shown = format!("{aws:?} {reply:?}");
        assert!(!shown.contains("hunter2"));
        assert!(!shown.contains("104, 117, 110, 116, 101, 114, 50"));
    }

    #[test]
    fn the_emulator_is_shared_between_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        let dir = Dir::new();
        let aws = dir.open();
        shared(&aws);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    aws.kms
                        .ensure_key("alias/one", super::KeySpec::SymmetricDefault, true)
                        .unwrap()
                });
            }
        });
        let listed = ok(&aws, "TrentService.ListAliases", json!({}));
        assert_eq!(listed["Aliases"].as_array().unwrap().len(), 1);
    }
}
