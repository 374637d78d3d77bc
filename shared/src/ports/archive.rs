//! The archive: an S3 bucket with Object Lock. What has been put there nobody can change or remove before its time.
//!
//! One signed request over the client that DynamoDB and KMS use; `infra/decisions/0009` says why not the SDK's crate.

use super::aws::{Called, Failed, Request, Service};
use crate::kernel::time::{Timestamp, rfc3339};
use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Writes to one bucket.
pub struct Archive {
    s3: Service,
    /// The bucket in the path, where it is not in the host: `/<bucket>`.
    prefix: String,
}

/// What has been taken: which version of the object it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Its version.
    pub version: Option<String>,
}

impl Archive {
    /// A client of one bucket: at S3 itself, or at an address that stands in for it.
    ///
    /// # Errors
    /// When the configuration names no credentials.
    pub(crate) fn new(
        sdk: &aws_config::SdkConfig,
        endpoint: Option<&str>,
        bucket: &str,
        timeouts: TimeoutConfig,
    ) -> Result<Self, String> {
        let called = Called {
            name: "s3",
            host: &format!("{bucket}.s3"),
            endpoint,
            timeouts,
            // Whoever archives comes again each minute.
            retries: RetryConfig::disabled(),
        };
        Ok(Self {
            s3: Service::new(sdk, called)?,
            prefix: endpoint.map(|_| format!("/{bucket}")).unwrap_or_default(),
        })
    }

    /// Puts an object that is locked until a time, or for as long as the bucket locks whatever it gets. Put again, it becomes
    /// another version; the first one stays.
    /// `key` is made of letters, digits and `-_./` only.
    ///
    /// # Errors
    /// One line: what S3 says, or that it did not answer. Nothing of the object.
    pub async fn put(
        &self,
        key: &str,
        kind: &str,
        body: Vec<u8>,
        locked_until: Option<Timestamp>,
    ) -> Result<Archived, String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        if key.is_empty() || !key.bytes().all(plain) {
            return Err("the name of an object is not plain".into());
        }
        let checksum = STANDARD.encode(digest(&SHA256, &body));
        // S3 refuses a locked object without a checksum of what was sent.
        let mut headers = vec![
            ("content-type", kind.to_owned()),
            ("x-amz-checksum-sha256", checksum),
        ];
        if let Some(until) = locked_until {
            headers.push(("x-amz-object-lock-mode", "COMPLIANCE".to_owned()));
            headers.push(("x-amz-object-lock-retain-until-date", rfc3339(until)));
        }
        let request = Request {
            method: "PUT",
            path: format!("{}/{key}", self.prefix),
            headers,
            body,
        };
        let answer = self.s3.call(request).await;
        let answer = answer.map_err(|failed: Failed| format!("S3 {failed}"))?;
        Ok(Archived {
            version: answer.version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Aws, sdk};
    use jiff::SignedDuration;

    fn archive(aws: &Aws, endpoint: Option<&str>) -> Archive {
        Archive::new(&sdk(aws), endpoint, "a-bucket", TimeoutConfig::builder().build()).unwrap()
    }

    #[test]
    fn the_bucket_stands_in_the_host_or_in_the_path() {
        let aws = archive(&Aws::default(), None);
        assert_eq!(
            (aws.s3.origin(), aws.prefix.as_str()),
            ("https://a-bucket.s3.eu-west-1.amazonaws.com", "")
        );
        let local = archive(&Aws::default(), Some("http://127.0.0.1:9/"));
        assert_eq!(
            (local.s3.origin(), local.prefix.as_str()),
            ("http://127.0.0.1:9", "/a-bucket")
        );
    }

    #[tokio::test]
    async fn the_signature_covers_lock_and_checksum() {
        let aws = Aws::answering([(200, "")]);
        let archive = archive(&aws, None);
        let until = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
        let sign = async |body: &[u8]| {
            archive
                .put("k", "text/plain", body.to_vec(), Some(until))
                .await
                .unwrap();
            let sent = aws.last();
            let find = |name: &str| sent.headers().get(name).unwrap().to_owned();
            (
                find("authorization"),
                find("x-amz-content-sha256"),
                find("x-amz-date"),
                sent.uri().to_owned(),
            )
        };
        let (authorization, hash, date, uri) = sign(b"x").await;
        assert_eq!(uri, "https://a-bucket.s3.eu-west-1.amazonaws.com/k");
        assert!(
            authorization.contains("/20251113/eu-west-1/s3/aws4_request"),
            "{authorization}"
        );
        assert!(
            authorization.contains(
                "SignedHeaders=content-type;host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-object-lock-mode;x-amz-object-lock-retain-until-date"
            ),
            "{authorization}"
        );
        assert_eq!((hash, date.len()), (hex::encode(digest(&SHA256, b"x")), 16));
        assert_ne!(sign(b"y").await.0, authorization, "the body is signed too");
    }

    #[tokio::test]
    async fn what_s3_says_is_told_and_not_tried_again() {
        let aws = Aws::answering([(503, "<Error><Code>SlowDown</Code></Error>"), (200, "")]);
        let archive = archive(&aws, None);
        let put = archive.put("k", "text/plain", b"x".to_vec(), None).await;
        assert_eq!((put, aws.count()), (Err("S3 answers 503 SlowDown".to_owned()), 1));
        assert!(
            archive
                .put("a b", "text/plain", b"x".to_vec(), None)
                .await
                .is_err()
        );
        assert_eq!(aws.count(), 1);
    }
}
