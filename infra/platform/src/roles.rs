//! `--roles`: what each function asks of AWS is judged by its roles in the templates before it is sent, and recorded.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use iam::{
    Call, Verdict,
    principal::{Principals, Session},
    record::Record,
    wire::{self, Sent},
};
use serde_json::json;
use standins::{Emulator, sts::Answer};
use std::{
    collections::HashSet,
    fs::File,
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use topology::Topology;

/// The access key id of the role that Lambda gives, on this machine.
const OWN: &str = "local";

/// What functions may do, and what they have done.
pub struct Judge {
    principals: Principals,
    emulator: Arc<Emulator>,
    inner: SharedHttpClient,
    records: Mutex<Records>,
}

/// Calls that were made, each kind of them once.
struct Records {
    known: HashSet<String>,
    file: File,
}

/// A refusal: how it is answered.
struct Refused {
    code: &'static str,
    why: String,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}

impl Judge {
    /// Reads the roles; records into a new file of a directory.
    ///
    /// # Errors
    /// Names the role whose policy is not understood, or the file that cannot be written.
    pub fn new(topology: &Topology, emulator: Arc<Emulator>, calls: &Path) -> Result<Arc<Self>, String> {
        let file = own_file(calls).map_err(|e| format!("{}: {e}", calls.display()))?;
        let known = HashSet::new();
        let inner = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        Ok(Arc::new(Self {
            principals: Principals::read(topology)?,
            emulator,
            inner,
            records: Mutex::new(Records { known, file }),
        }))
    }

    /// The ARN of a function's data role.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn data_role(&self, function: &str) -> Result<String, String> {
        self.principals.data_role(function).map(str::to_owned)
    }

    /// How a function reaches AWS.
    #[must_use]
    pub fn client(self: &Arc<Self>, function: &str) -> SharedHttpClient {
        SharedHttpClient::new(Judging {
            judge: self.clone(),
            function: function.into(),
        })
    }

    fn session(&self, function: &str, request: &HttpRequest) -> Result<Session, Refused> {
        let header = request.headers().get("authorization").unwrap_or_default();
        let id = header
            .split_once("Credential=")
            .and_then(|(_, rest)| rest.split('/').next());
        match id {
            Some(OWN) => Ok(Session::default()),
            Some(id) => match self.emulator.sts.session(id) {
                Some(found) if self.principals.data_role(function) == Ok(&found.role) => Ok(Session {
                    data: true,
                    tags: found.tags,
                    policy: found.policy,
                }),
                _ => Err(Refused {
                    code: "ExpiredTokenException",
                    why: "no session of the data role".into(),
                }),
            },
            None => Err(Refused {
                code: "MissingAuthenticationToken",
                why: "not signed".into(),
            }),
        }
    }

    fn judge(&self, function: &str, request: &HttpRequest) -> Result<(), Refused> {
        let session = self.session(function, request)?;
        let denied = |why: String| Refused {
            code: "AccessDeniedException",
            why,
        };
        let path = request.uri().split_once("://").map_or("", |(_, rest)| rest);
        let path = path.split_once('/').map_or("", |(_, path)| path);
        let sent = Sent {
            target: request.headers().get("x-amz-target").unwrap_or_default(),
            line: format!("{} /{path}", request.method()),
            locks: request.headers().get("x-amz-object-lock-mode").is_some(),
            body: request.body().bytes().unwrap_or_default(),
        };
        for call in wire::calls(&sent).map_err(denied)? {
            let verdict = self
                .principals
                .decide(function, &session, &call)
                .map_err(denied)?;
            self.record(function, &session, &call, verdict.is_allowed());
            match verdict {
                Verdict::Allowed(_) => {}
                Verdict::Denied(by) => return Err(denied(told(&call, &format!("denied by {by}")))),
                Verdict::NotAllowed(by) => return Err(denied(told(&call, by))),
            }
        }
        Ok(())
    }

    fn record(&self, function: &str, session: &Session, call: &Call, allowed: bool) {
        let record = Record::new(function, session, call, allowed);
        let Ok(line) = serde_json::to_string(&record) else {
            return;
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.known.insert(line.clone()) {
            let _ = records.file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// A file that no other process writes: one that is killed may leave its last line unfinished, and nobody writes behind it.
fn own_file(dir: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(dir)?;
    let mut number = 0_u32;
    loop {
        let path = dir.join(format!("{}-{number}.jsonl", std::process::id()));
        match File::create_new(path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number = number.saturating_add(1),
            opened => return opened,
        }
    }
}

fn told(call: &Call, why: &str) -> String {
    let keys = call.context.get("dynamodb:LeadingKeys").unwrap_or_default();
    format!("{} on {} {keys:?}: {why}", call.action, call.resource)
}

/// The client of one function.
#[derive(Clone, Debug)]
struct Judging {
    judge: Arc<Judge>,
    function: Arc<str>,
}

#[derive(Debug)]
struct Connector {
    judging: Judging,
    inner: SharedHttpConnector,
}

impl HttpClient for Judging {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            judging: self.clone(),
            inner: self.judge.inner.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.judging.judge.judge(&self.judging.function, &request) {
            Ok(()) => self.inner.call(request),
            Err(refused) => {
                tracing::error!(
                    function = &*self.judging.function,
                    code = refused.code,
                    why = refused.why,
                    "denied"
                );
                HttpConnectorFuture::ready(Ok(refused.answer(&request)))
            }
        }
    }
}

impl Refused {
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let form = request.headers().get("content-type").unwrap_or_default();
        let xml = form.starts_with("application/x-www-form-urlencoded");
        let body = if xml {
            Answer::refused(403, "AccessDenied", &self.why).xml
        } else {
            json!({"__type": format!("com.amazonaws#{}", self.code), "message": self.why}).to_string()
        };
        let status = if xml {
            http::StatusCode::FORBIDDEN
        } else {
            http::StatusCode::BAD_REQUEST
        };
        let mut response = HttpResponse::new(status.into(), SdkBody::from(body));
        let headers = response.headers_mut();
        headers.insert("x-amzn-errortype", self.code);
        headers.insert(
            "content-type",
            if xml {
                "text/xml"
            } else {
                "application/x-amz-json-1.0"
            },
        );
        response
    }
}
