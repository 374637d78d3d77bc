//! Calls of AWS without the crate of an SDK: signed, sent and tried again by the parts that every SDK of AWS is made of.
//!
//! For services of which one or two calls are used; `infra/decisions/0009` and `0030` say why not by their SDKs.

use aws_config::{Region, SdkConfig};
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig, SigningOptions,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    recursion_detection::RecursionDetectionInterceptor,
    retries::classifiers::AwsErrorCodeClassifier,
    service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor},
};
use aws_smithy_runtime::client::{
    identity::IdentityCache,
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        behavior_version::BehaviorVersion,
        identity::SharedIdentityResolver,
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::Layer,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use serde_json::Value;
use std::fmt;

/// How AWS counts regions' names into addresses.
const SUFFIX: &str = "amazonaws.com";

/// Which service is called, and how.
#[derive(Clone, Debug)]
pub struct Called<'c> {
    /// What a signature names it by, such as `s3`.
    pub name: &'static str,
    /// What its address begins with, such as `email`; the region and AWS's domain follow.
    pub host: &'c str,
    /// An address that stands in for it.
    pub endpoint: Option<&'c str>,
    /// How long a call may take.
    pub timeouts: TimeoutConfig,
    /// How often it is tried.
    pub retries: RetryConfig,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    operation: Operation<Request, Answer, Refused>,
    /// Scheme and host.
    origin: String,
}

/// A call, before it is signed.
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, escaped, with what is asked for behind it.
    pub path: String,
    /// Headers: name in small letters, value.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    /// Neither headers nor the body are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a call that succeeded was answered with.
pub struct Answer {
    /// The version of an object (`x-amz-version-id`).
    pub version: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    /// The body is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a service answers where it does not do what it is asked.
#[derive(Debug)]
struct Refused {
    status: u16,
    meta: ErrorMetadata,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.meta.code().unwrap_or_default())
    }
}

impl std::error::Error for Refused {}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

/// Why a call did not succeed. Nothing of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The service answered so: the status, and the code of its error where it gives a plain one.
    Refused(u16, Option<String>),
    /// There was no valid answer in time, or there are no credentials.
    NoAnswer,
}

impl Failed {
    /// The code of the service's error.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(_, code) => code.as_deref(),
            Self::NoAnswer => None,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status, code) => {
                write!(f, "answers {status} {}", code.as_deref().unwrap_or_default())
            }
            Self::NoAnswer => f.write_str("does not answer"),
        }
    }
}

impl std::error::Error for Failed {}

impl Service {
    /// A client: at AWS, or at the address that stands in for the service.
    ///
    /// # Errors
    /// When the configuration names no credentials.
    pub fn new(sdk: &SdkConfig, called: Called<'_>) -> Result<Self, String> {
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let origin = match called.endpoint {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}.{region}.{SUFFIX}", called.host),
        };
        let credentials = sdk.credentials_provider().ok_or("there are no credentials")?;
        let mut operation = Operation::builder()
            .service_name(called.name)
            .operation_name("call")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&origin)
            .timeout_config(called.timeouts)
            .standard_retry(&called.retries)
            .with_connection_poisoning()
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(RecursionDetectionInterceptor::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .retry_classifier(ServiceClockSkewClassifier::<Refused>::new());
        if let Some(client) = sdk.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(sleep) = sdk.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = sdk.time_source() {
            operation = operation.time_source(time);
        }
        let components = RuntimeComponentsBuilder::new("signed")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_identity_cache(Some(
                sdk.identity_cache()
                    .unwrap_or_else(|| IdentityCache::lazy().build()),
            ))
            .with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
        let signed = StaticRuntimePlugin::new()
            .with_config(signing(called.name, region).freeze())
            .with_runtime_components(components);
        let operation = operation
            .runtime_plugin(signed)
            .serializer(request)
            .deserializer(answer);
        Ok(Self {
            operation: operation.build(),
            origin,
        })
    }

    /// Scheme and host that are called.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// One call, signed with what the process has for credentials.
    ///
    /// # Errors
    /// What the service says, or that it did not answer.
    pub async fn call(&self, request: Request) -> Result<Answer, Failed> {
        // Boxed, as what sends it is large.
        let sent = Box::pin(self.operation.invoke(request)).await;
        sent.map_err(|e| match e.as_service_error() {
            Some(refused) => Failed::Refused(refused.status, refused.meta.code().map(str::to_owned)),
            None => Failed::NoAnswer,
        })
    }

    /// One call in AWS's JSON protocol: `target` names the operation, such as `AmazonSQS.SendMessage`.
    ///
    /// # Errors
    /// As [`Self::call`]; an answer that is no JSON is none.
    pub async fn json(&self, target: &str, members: &Value) -> Result<Value, Failed> {
        let request = Request {
            method: "POST",
            path: "/".into(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.0".into()),
                ("x-amz-target", target.into()),
            ],
            body: members.to_string().into_bytes(),
        };
        let answer = self.call(request).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Failed::NoAnswer)
    }
}

/// What a signature says: S3 has the hash of the body in a header, and its paths as they are.
fn signing(name: &'static str, region: String) -> Layer {
    let s3 = name == "s3";
    let mut signing_options = SigningOptions::default();
    signing_options.double_uri_encode = !s3;
    signing_options.normalize_uri_path = !s3;
    signing_options.content_sha256_header = s3;
    let mut layer = Layer::new("signed");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        name: Some(name.into()),
        region: Some(Region::new(region).into()),
        signing_options,
        ..SigV4OperationSigningConfig::default()
    });
    layer
}

fn request(request: Request) -> Result<HttpRequest, BoxError> {
    let mut made = HttpRequest::new(SdkBody::from(request.body));
    made.set_method(request.method)?;
    made.set_uri(request.path)?;
    for (name, value) in request.headers {
        made.headers_mut().try_insert(name, value)?;
    }
    Ok(made)
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    let header = |name: &str| response.headers().get(name);
    let status = response.status();
    if status.is_success() {
        return Ok(Answer {
            version: header("x-amz-version-id").map(str::to_owned),
            body: body.to_vec(),
        });
    }
    let code = code(header("x-amzn-errortype"), body);
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    Err(OrchestratorError::operation(Refused {
        status: status.as_u16(),
        meta: meta.build(),
    }))
}

/// The code of an error: in a header, in JSON (`prefix#Code:address`), or in S3's XML. It is all that is read: letters and digits only,
/// so that nothing else gets into a log.
fn code(header: Option<&str>, body: &[u8]) -> Option<String> {
    let json = || {
        let value: Value = serde_json::from_slice(body).ok()?;
        let named = value.get("__type").or_else(|| value.get("code"))?;
        named.as_str().map(str::to_owned)
    };
    let xml = || {
        let text = std::str::from_utf8(body).ok()?;
        let (_, rest) = text.split_once("<Code>")?;
        let (code, _) = rest.split_once("</Code>")?;
        Some(code.to_owned())
    };
    let named = header.map(str::to_owned).or_else(json).or_else(xml)?;
    let code = named.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let plain = (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| code.to_owned())
}

#[cfg(test)]
pub(crate) mod testing {
    //! A service that answers what it is told to, and keeps what it was asked.

    use super::*;
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_smithy_async::time::StaticTimeSource;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use std::{
        sync::{Arc, Mutex},
        time::{Duration, SystemTime},
    };

    /// Answers in turn; the last one again and again.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Aws {
        answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
        sent: Arc<Mutex<Vec<HttpRequest>>>,
    }

    impl Aws {
        pub(crate) fn answering(answers: impl IntoIterator<Item = (u16, &'static str)>) -> Self {
            let answers: Vec<_> = answers.into_iter().collect();
            Self {
                answers: Arc::new(Mutex::new(answers)),
                sent: Arc::default(),
            }
        }

        pub(crate) fn last(&self) -> HttpRequest {
            self.sent.lock().unwrap().last().unwrap().try_clone().unwrap()
        }

        pub(crate) fn count(&self) -> usize {
            self.sent.lock().unwrap().len()
        }
    }

    impl HttpConnector for Aws {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.sent.lock().unwrap().push(request);
            let mut answers = self.answers.lock().unwrap();
            let (status, body) = if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0]
            };
            let status = status.try_into().unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    /// A configuration of a process at 2025-11-13 whose calls all go there.
    pub(crate) fn sdk(aws: &Aws) -> SdkConfig {
        let connector = SharedHttpConnector::new(aws.clone());
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", key, None, None, "test");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_000_000);
        SdkConfig::builder()
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .behavior_version(BehaviorVersion::latest())
            .time_source(StaticTimeSource::new(at))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::{Aws, sdk},
        *,
    };
    use serde_json::json;

    fn queues(aws: &Aws) -> Service {
        let called = Called {
            name: "sqs",
            host: "sqs",
            endpoint: None,
            timeouts: TimeoutConfig::builder().build(),
            retries: RetryConfig::standard(),
        };
        Service::new(&sdk(aws), called).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let busy = r#"{"__type":"com.amazonaws.sqs#RequestThrottled"}"#;
        for (answers, wanted, calls) in [
            (vec![(200, "{}")], Ok(json!({})), 1),
            (vec![(500, ""), (503, ""), (200, "{}")], Ok(json!({})), 3),
            (vec![(400, busy), (200, "{}")], Ok(json!({})), 2),
            (vec![(500, "")], Err(Failed::Refused(500, None)), 3),
            (
                vec![(400, r#"{"__type":"QueueDoesNotExist"}"#)],
                Err(Failed::Refused(400, Some("QueueDoesNotExist".into()))),
                1,
            ),
            (vec![(200, "no JSON")], Err(Failed::NoAnswer), 1),
        ] {
            let aws = Aws::answering(answers.clone());
            let answered = queues(&aws)
                .json("AmazonSQS.SendMessage", &json!({"QueueUrl": "q"}))
                .await;
            assert_eq!((answered, aws.count()), (wanted, calls), "{answers:?}");
        }
    }

    #[tokio::test]
    async fn a_call_is_signed_and_says_what_it_is() {
        let aws = Aws::answering([(200, "{}")]);
        queues(&aws)
            .json("AmazonSQS.SendMessage", &json!({"QueueUrl": "q"}))
            .await
            .unwrap();
        let sent = aws.last();
        let header = |name: &str| sent.headers().get(name).unwrap_or_default();
        assert_eq!(sent.uri(), "https://sqs.eu-west-1.amazonaws.com/");
        assert_eq!(header("x-amz-target"), "AmazonSQS.SendMessage");
        assert_eq!(header("content-type"), "application/x-amz-json-1.0");
        assert!(
            header("authorization").contains("Credential=AKIDEXAMPLE/20251113/eu-west-1/sqs/aws4_request")
        );
        assert_eq!(sent.body().bytes(), Some(br#"{"QueueUrl":"q"}"#.as_slice()));
    }

    #[test]
    fn only_a_plain_code_is_read() {
        let xml = |code: &str| {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
        };
        assert_eq!(
            code(None, xml("AccessDenied").as_bytes()).as_deref(),
            Some("AccessDenied")
        );
        for odd in ["", "a b", "<x>", "a\nb"] {
            let read = code(None, xml(odd).as_bytes());
            assert!(read.is_none_or(|c| c.is_empty()), "{odd}");
        }
        assert_eq!(code(None, b"no XML"), None);
        let header = Some("MessageRejected:http://internal.amazon.com/");
        assert_eq!(code(header, b"").as_deref(), Some("MessageRejected"));
        assert_eq!(
            code(None, br#"{"code":"Throttling"}"#).as_deref(),
            Some("Throttling")
        );
    }

    #[test]
    fn nothing_of_a_call_is_shown() {
        let request = Request {
            method: "POST",
            path: "/secret".into(),
            headers: vec![("x", "secret".into())],
            body: b"secret".to_vec(),
        };
        let answer = Answer {
            version: None,
            body: b"secret".to_vec(),
        };
        let shown = format!("{request:?} {answer:?}");
        assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
    }
}
