//! A stand-in of Amazon S3, as far as a bucket with Object Lock is written and read: every put makes a version, and a
//! version goes when its time is over, not before.
//!
//! A version is a file of its own, under `s3/<bucket>/<key>/`, with what is known of it beside it; the newest one is the object. As on
//! AWS a put must say the checksum of what it sends, and name a time of a lock that is to come.

use super::Now;
use super::disk::{OpenError, private_dir};
use super::wire::random_hex;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The folder below the directory of the stand-ins.
pub const FOLDER: &str = "s3";
/// Days that a version is locked where the request names no time, as the bucket's default does.
const DEFAULT_DAYS: i64 = 400;
const DAY: i64 = 86_400_000;
/// What a file with a version ends with.
const OBJECT: &str = "object";
/// What the file with what is known of it ends with.
const KNOWN: &str = "json";

/// A request over HTTP, as far as it is read.
pub struct Call<'a> {
    /// `PUT`, `GET` or `DELETE`.
    pub method: &'a str,
    /// `/<bucket>/<key>`.
    pub path: &'a str,
    /// What stands after `?`.
    pub query: &'a str,
    /// A header by its name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
}

/// What is answered.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The version it is about.
    pub version: Option<String>,
    /// An object, or an error in XML.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    /// The body may be an object, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// What is known of a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    content_type: String,
    /// SHA-256, hexadecimal.
    sha256: String,
    /// Unix milliseconds.
    put_at: i64,
    locked_until: i64,
}

/// The buckets.
pub struct Buckets {
    dir: PathBuf,
    now: Now,
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// A refusal: status and code.
struct Refused(u16, &'static str, &'static str);

impl Refused {
    fn answer(&self) -> Answer {
        let Self(status, code, message) = self;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        Answer {
            status: *status,
            version: None,
            body: body.into_bytes(),
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(_: std::io::Error) -> Self {
        Self(500, "InternalError", "The disk does not take it.")
    }
}

impl Buckets {
    /// Opens the buckets below `dir`.
    pub(super) fn open(dir: &Path, now: Now) -> Result<Self, OpenError> {
        let dir = dir.join(FOLDER);
        private_dir(&dir)?;
        Ok(Self { dir, now })
    }

    /// One call.
    pub fn call(&self, call: &Call<'_>) -> Answer {
        let signed = (call.header)("authorization").is_some_and(|a| a.contains("/s3/aws4_request"));
        if !signed {
            return Refused(403, "AccessDenied", "The request is not signed.").answer();
        }
        let Some(place) = self.place(call.path) else {
            return Refused(400, "InvalidURI", "The path is no bucket and key.").answer();
        };
        let version = call.query.split('&').find_map(|p| p.strip_prefix("versionId="));
        let answer = match call.method {
            "PUT" => self.put(&place, call),
            "GET" => get(&place, version),
            "DELETE" => self.delete(&place, version),
            _ => Err(Refused(405, "MethodNotAllowed", "Only PUT, GET and DELETE.")),
        };
        answer.unwrap_or_else(|refused| refused.answer())
    }

    /// The folder of an object. Names that could lead elsewhere are nobody's.
    fn place(&self, path: &str) -> Option<PathBuf> {
        let path = path.strip_prefix('/')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let parts: Vec<&str> = path.split('/').collect();
        let good = |part: &&str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
        (parts.len() > 1 && parts.iter().all(good)).then(|| self.dir.join(path))
    }

    fn put(&self, place: &Path, call: &Call<'_>) -> Result<Answer, Refused> {
        let hash = digest(&SHA256, call.body);
        let (hex, header) = (hex::encode(hash.as_ref()), call.header);
        if header("x-amz-content-sha256").is_none_or(|h| h != hex) {
            return Err(Refused(
                400,
                "XAmzContentSHA256Mismatch",
                "The body is not what was signed.",
            ));
        }
        let Some(checksum) = header("x-amz-checksum-sha256") else {
            return Err(Refused(
                400,
                "InvalidRequest",
                "A put of a locked object needs a checksum.",
            ));
        };
        if checksum != STANDARD.encode(hash.as_ref()) {
            return Err(Refused(
                400,
                "BadDigest",
                "The checksum is that of something else.",
            ));
        }
        let now = (self.now)();
        let locked_until = match header("x-amz-object-lock-retain-until-date") {
            None => now.saturating_add(DEFAULT_DAYS * DAY),
            Some(date) => {
                let mode = header("x-amz-object-lock-mode").is_some_and(|m| m == "COMPLIANCE");
                let date = date.parse::<shared::time::Timestamp>().ok();
                date.map(|d| d.as_millisecond())
                    .filter(|until| mode && *until > now)
                    .ok_or(Refused(
                        400,
                        "InvalidArgument",
                        "The lock must name a mode and a time to come.",
                    ))?
            }
        };
        let random = random_hex(20).map_err(|_| Refused(500, "InternalError", "No random number."))?;
        let version = format!("{now:016}{random}");
        let known = Known {
            content_type: header("content-type").unwrap_or_default(),
            sha256: hex,
            put_at: now,
            locked_until,
        };
        let known = serde_json::to_vec(&known).map_err(std::io::Error::from)?;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(place)?;
        // What is known comes first: without the object beside it it is nothing.
        written(&place.join(format!("{version}.{KNOWN}")), &known)?;
        written(&place.join(format!("{version}.{OBJECT}")), call.body)?;
        Ok(Answer {
            status: 200,
            version: Some(version),
            body: Vec::new(),
        })
    }

    /// Removes a version that is no longer locked. Without a version S3 only hides the object, which nobody needs here.
    fn delete(&self, place: &Path, version: Option<&str>) -> Result<Answer, Refused> {
        let version = version.ok_or(Refused(501, "NotImplemented", "Name a version."))?;
        let version = versions(place)?.into_iter().find(|v| v == version);
        let version = version.ok_or(Refused(404, "NoSuchVersion", "There is no such version."))?;
        let known = place.join(format!("{version}.{KNOWN}"));
        let told: Option<Known> = serde_json::from_slice(&std::fs::read(&known)?).ok();
        if told.is_none_or(|k| k.locked_until > (self.now)()) {
            return Err(Refused(403, "AccessDenied", "The object is locked."));
        }
        std::fs::remove_file(place.join(format!("{version}.{OBJECT}")))?;
        std::fs::remove_file(known)?;
        Ok(Answer {
            status: 204,
            version: Some(version),
            body: Vec::new(),
        })
    }
}

fn get(place: &Path, version: Option<&str>) -> Result<Answer, Refused> {
    let all = versions(place)?;
    let found = match version {
        Some(version) => all.into_iter().find(|v| v == version),
        None => all.into_iter().next_back(),
    };
    let version = found.ok_or(Refused(404, "NoSuchKey", "There is no such object."))?;
    Ok(Answer {
        status: 200,
        body: std::fs::read(place.join(format!("{version}.{OBJECT}")))?,
        version: Some(version),
    })
}

/// The versions of an object, oldest first.
fn versions(place: &Path) -> Result<Vec<String>, Refused> {
    let files = match std::fs::read_dir(place) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut versions = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == OBJECT) {
            versions.extend(path.file_stem().and_then(|s| s.to_str()).map(str::to_owned));
        }
    }
    versions.sort();
    Ok(versions)
}

/// Writes a file, whole or not at all.
fn written(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(temporary, path)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DAY, Dir, advance, now};
    use super::*;

    fn call(
        buckets: &Buckets,
        method: &str,
        path: &str,
        query: &str,
        body: &[u8],
        also: &[(&str, &str)],
    ) -> Answer {
        let hash = digest(&SHA256, body);
        let header = |name: &str| {
            let own = also
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned());
            own.or_else(|| match name {
                "authorization" => Some("AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request".into()),
                "x-amz-content-sha256" => Some(hex::encode(hash.as_ref())),
                "x-amz-checksum-sha256" => Some(STANDARD.encode(hash.as_ref())),
                _ => None,
            })
            .filter(|v| !v.is_empty())
        };
        buckets.call(&Call {
            method,
            path,
            query,
            header: &header,
            body,
        })
    }

    #[test]
    fn a_locked_version_stays_and_a_second_put_is_another_version() {
        let dir = Dir::new();
        let aws = dir.open();
        let first = call(&aws.buckets, "PUT", "/b/k/1.json", "", b"one", &[]);
        advance(1);
        let second = call(&aws.buckets, "PUT", "/b/k/1.json", "", b"two", &[]);
        assert_eq!((first.status, second.status), (200, 200));
        assert_ne!(first.version, second.version);
        assert_eq!(
            call(&aws.buckets, "GET", "/b/k/1.json", "", b"", &[]).body,
            b"two"
        );
        let old = format!("versionId={}", first.version.unwrap());
        assert_eq!(
            call(&aws.buckets, "GET", "/b/k/1.json", &old, b"", &[]).body,
            b"one"
        );
        assert_eq!(
            call(&aws.buckets, "DELETE", "/b/k/1.json", &old, b"", &[]).status,
            403
        );
        advance(399 * DAY);
        assert_eq!(
            call(&aws.buckets, "DELETE", "/b/k/1.json", &old, b"", &[]).status,
            403
        );
        advance(DAY);
        assert_eq!(
            call(&aws.buckets, "DELETE", "/b/k/1.json", &old, b"", &[]).status,
            204
        );
        assert_eq!(
            call(&aws.buckets, "GET", "/b/k/1.json", &old, b"", &[]).status,
            404
        );
        // It is still there after a restart.
        drop(aws);
        let aws = dir.open();
        assert_eq!(
            call(&aws.buckets, "GET", "/b/k/1.json", "", b"", &[]).body,
            b"two"
        );
    }

    #[test]
    fn what_s3_would_refuse_is_refused() {
        let dir = Dir::new();
        let aws = dir.open();
        let put = |path: &str, also: &[(&str, &str)]| call(&aws.buckets, "PUT", path, "", b"x", also).status;
        let past = shared::time::Timestamp::from_millisecond(now() - 1)
            .unwrap()
            .to_string();
        let later = shared::time::Timestamp::from_millisecond(now() + DAY)
            .unwrap()
            .to_string();
        let date = "x-amz-object-lock-retain-until-date";
        let mode = ("x-amz-object-lock-mode", "COMPLIANCE");
        for (path, also) in [
            ("/b/k", vec![("authorization", "")]),
            ("/b/k", vec![("x-amz-checksum-sha256", "")]),
            ("/b/k", vec![("x-amz-checksum-sha256", "AAAA")]),
            ("/b/k", vec![("x-amz-content-sha256", "00")]),
            ("/b/k", vec![mode, (date, past.as_str())]),
            ("/b/k", vec![(date, later.as_str())]),
            ("/b", vec![]),
            ("/b/../k", vec![]),
            ("/b//k", vec![]),
            ("/b/k%2f", vec![]),
        ] {
            assert!(put(path, &also) >= 400, "{path} {also:?}");
        }
        assert_eq!(put("/b/k", &[mode, (date, later.as_str())]), 200);
        assert_eq!(call(&aws.buckets, "POST", "/b/k", "", b"", &[]).status, 405);
    }
}
