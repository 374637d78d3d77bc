//! The archive: an S3 bucket with Object Lock. What has been put there nobody can change or remove before its time.
//!
//! One signed request over the client that DynamoDB and KMS use; `infra/decisions/0009` says why not the SDK's crate.

use crate::kernel::time::{Timestamp, rfc3339};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_lc_rs::digest::{SHA256, digest};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        behavior_version::BehaviorVersion,
        identity::Identity,
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
    },
};
use aws_smithy_types::{body::SdkBody, timeout::TimeoutConfig};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{convert::Infallible, fmt, time::SystemTime};

/// How AWS counts regions' names into addresses.
const SUFFIX: &str = "amazonaws.com";

/// Writes to one bucket.
pub struct Archive {
    put: Operation<Signed, Answer, Infallible>,
    credentials: SharedCredentialsProvider,
    region: String,
    /// Scheme and host.
    origin: String,
    /// The bucket in the path, where it is not in the host: `/<bucket>`.
    prefix: String,
}

/// What has been taken: which version of the object it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Its version.
    pub version: Option<String>,
}

/// A request with its signature.
struct Signed {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl fmt::Debug for Signed {
    /// Neither the signature nor the body is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    version: Option<String>,
    /// The code of S3's error.
    code: Option<String>,
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
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let (origin, prefix) = match endpoint {
            Some(url) => (url.trim_end_matches('/').to_owned(), format!("/{bucket}")),
            None => (format!("https://{bucket}.s3.{region}.{SUFFIX}"), String::new()),
        };
        let mut operation = Operation::builder()
            .service_name("s3")
            .operation_name("PutObject")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&origin)
            .timeout_config(timeouts)
            .no_auth()
            .no_retry();
        if let Some(client) = sdk.http_client() {
            operation = operation.http_client(client);
        }
        let put = operation.serializer(request).deserializer(answer).build();
        let credentials = sdk.credentials_provider().ok_or("there are no credentials")?;
        Ok(Self {
            put,
            credentials,
            region,
            origin,
            prefix,
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
        now: Timestamp,
    ) -> Result<Archived, String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        if key.is_empty() || !key.bytes().all(plain) {
            return Err("the name of an object is not plain".into());
        }
        let path = format!("{}/{key}", self.prefix);
        let checksum = STANDARD.encode(digest(&SHA256, &body));
        // S3 refuses a locked object without a checksum of what was sent.
        let mut headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("x-amz-checksum-sha256".to_owned(), checksum),
        ];
        if let Some(until) = locked_until {
            headers.push(("x-amz-object-lock-mode".to_owned(), "COMPLIANCE".to_owned()));
            headers.push(("x-amz-object-lock-retain-until-date".to_owned(), rfc3339(until)));
        }
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|_| "there are no credentials".to_owned())?;
        let signature = self.signature(&path, &headers, &body, &credentials.into(), now.into())?;
        headers.extend(signature);
        let signed = Signed { path, headers, body };
        let answer = self.put.invoke(signed).await;
        let answer = answer.map_err(|_| "S3 does not answer".to_owned())?;
        match answer.status {
            200 => Ok(Archived {
                version: answer.version,
            }),
            status => Err(format!("S3 answers {status} {}", answer.code.unwrap_or_default())),
        }
    }

    /// The headers that sign a request (AWS Signature Version 4).
    fn signature(
        &self,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
        identity: &Identity,
        now: SystemTime,
    ) -> Result<Vec<(String, String)>, String> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let told = |_| "a request cannot be signed".to_owned();
        let params = SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name("s3")
            .time(now)
            .settings(settings)
            .build();
        let params = params
            .map_err(|_| "a request cannot be signed".to_owned())?
            .into();
        let uri = format!("{}{path}", self.origin);
        let named = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new("PUT", uri, named, SignableBody::Bytes(body)).map_err(told)?;
        let (instructions, _) = sign(request, &params).map_err(told)?.into_parts();
        let own = instructions.headers();
        Ok(own.map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }
}

fn request(signed: Signed) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(signed.body));
    request.set_method("PUT")?;
    request.set_uri(signed.path)?;
    for (name, value) in signed.headers {
        request.headers_mut().try_insert(name, value)?;
    }
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Infallible>> {
    let body = response.body().bytes().unwrap_or_default();
    Ok(Answer {
        status: response.status().as_u16(),
        version: response.headers().get("x-amz-version-id").map(str::to_owned),
        code: code(body),
    })
}

/// The code in S3's XML, which is all that is read of it: letters only, so that nothing else gets into a log.
fn code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    fn archive(endpoint: Option<&str>) -> Archive {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let sdk = aws_config::SdkConfig::builder()
            .region(aws_config::Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .behavior_version(BehaviorVersion::latest())
            .build();
        Archive::new(&sdk, endpoint, "a-bucket", TimeoutConfig::builder().build()).unwrap()
    }

    #[test]
    fn the_bucket_stands_in_the_host_or_in_the_path() {
        let aws = archive(None);
        assert_eq!(
            (aws.origin.as_str(), aws.prefix.as_str()),
            ("https://a-bucket.s3.eu-west-1.amazonaws.com", "")
        );
        let local = archive(Some("http://127.0.0.1:9/"));
        assert_eq!(
            (local.origin.as_str(), local.prefix.as_str()),
            ("http://127.0.0.1:9", "/a-bucket")
        );
    }

    #[test]
    fn the_signature_covers_lock_and_checksum() {
        let archive = archive(None);
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let headers = vec![
            ("x-amz-object-lock-mode".to_owned(), "COMPLIANCE".to_owned()),
            ("x-amz-checksum-sha256".to_owned(), "AA==".to_owned()),
        ];
        let identity: Identity = credentials.into();
        let sign = |body: &[u8]| {
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_763_000_000);
            let signed = archive.signature("/k", &headers, body, &identity, at).unwrap();
            let find = |name: &str| signed.iter().find(|(n, _)| n == name).unwrap().1.clone();
            (
                find("authorization"),
                find("x-amz-content-sha256"),
                find("x-amz-date"),
            )
        };
        let (authorization, hash, date) = sign(b"x");
        assert!(
            authorization.contains("/20251113/eu-west-1/s3/aws4_request"),
            "{authorization}"
        );
        assert!(
            authorization.contains(
                "SignedHeaders=host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-object-lock-mode"
            ),
            "{authorization}"
        );
        assert_eq!((hash, date.len()), (hex::encode(digest(&SHA256, b"x")), 16));
        assert_ne!(sign(b"y").0, authorization, "the body is signed too");
    }

    #[test]
    fn only_a_plain_code_is_read() {
        let xml = |code: &str| {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
        };
        assert_eq!(
            code(xml("AccessDenied").as_bytes()).as_deref(),
            Some("AccessDenied")
        );
        for odd in ["", "a b", "<x>", "a\nb"] {
            let read = code(xml(odd).as_bytes());
            assert!(read.is_none_or(|c| c.is_empty()), "{odd}");
        }
        assert_eq!(code(b"no XML"), None);
    }
}
