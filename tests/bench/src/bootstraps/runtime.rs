//! The Lambda Runtime API (version 2018-06-01) of one process: it is polled, hands out events and takes answers.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use shared::time::Clock;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{Mutex, mpsc};

/// The path that every call of the API begins with.
const VERSION: &str = "/2018-06-01/runtime";

/// What a process says.
pub(crate) enum Said {
    /// It asks for an event.
    Poll,
    /// The answer to an event.
    Answer(Bytes),
    /// It could not handle the event, or could not even start.
    Error(String),
}

/// One call of the process, and when it came.
pub(crate) struct Heard {
    /// What it says.
    pub(crate) said: Said,
    /// When, as the clock's monotonic reading.
    pub(crate) at: Duration,
}

/// The stub's side of the conversation.
pub(crate) struct Runtime {
    /// What `AWS_LAMBDA_RUNTIME_API` holds: host and port.
    pub(crate) address: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    events: mpsc::UnboundedSender<String>,
}

struct Served {
    clock: Arc<dyn Clock>,
    heard: mpsc::UnboundedSender<Heard>,
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    arn: String,
}

impl Runtime {
    /// Serves the API for the function of this name on a free port.
    pub(crate) async fn start(clock: &Arc<dyn Clock>, function: &str) -> Result<Self, String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|e| e.to_string())?;
        let address = listener.local_addr().map_err(|e| e.to_string())?.to_string();
        let (tell, heard) = mpsc::unbounded_channel();
        let (events, queue) = mpsc::unbounded_channel();
        let served = Arc::new(Served {
            clock: clock.clone(),
            heard: tell,
            events: Mutex::new(queue),
            arn: format!(
                "arn:aws:lambda:{}:{}:function:{function}",
                names::REGION,
                names::ACCOUNT
            ),
        });
        tokio::spawn(async move {
            // One process, a few connections; they end with it.
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let served = served.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| served.clone().answer(request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self {
            address,
            heard,
            events,
        })
    }

    /// The next thing that the process says.
    pub(crate) async fn hear(&mut self) -> Result<Heard, String> {
        self.heard
            .recv()
            .await
            .ok_or_else(|| "the runtime stub has ended".to_owned())
    }

    /// Hands out an event at the next poll, or at the one that waits.
    pub(crate) fn hand_out(&self, event: String) -> Result<(), String> {
        self.events.send(event).map_err(|e| e.to_string())
    }
}

impl Served {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix(VERSION).unwrap_or_default();
        let tell = |said| {
            let at = self.clock.monotonic();
            let _ = self.heard.send(Heard { said, at });
        };
        if parts.method == Method::GET && path == "/invocation/next" {
            tell(Said::Poll);
            let Some(event) = self.events.lock().await.recv().await else {
                return Ok(status(410));
            };
            // A minute from now, as Lambda counts: Unix time in milliseconds.
            let deadline = self.clock.now().as_millisecond() + 60_000;
            let response = Response::builder()
                .header(
                    "lambda-runtime-aws-request-id",
                    hex::encode(shared::random::bytes::<16>()),
                )
                .header("lambda-runtime-deadline-ms", deadline)
                .header("lambda-runtime-invoked-function-arn", &self.arn)
                .header(
                    "lambda-runtime-trace-id",
                    "Root=1-00000000-000000000000000000000000;Sampled=0",
                )
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(event)));
            return Ok(response.unwrap_or_default());
        }
        let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
        if parts.method == Method::POST && path.starts_with("/invocation/") && path.ends_with("/response") {
            tell(Said::Answer(body));
        } else if parts.method == Method::POST && (path.ends_with("/error")) {
            tell(Said::Error(String::from_utf8_lossy(&body).into_owned()));
        } else {
            tell(Said::Error(format!(
                "{} {} is no call of the Runtime API",
                parts.method, parts.uri
            )));
            return Ok(status(404));
        }
        Ok(status(202))
    }
}

fn status(code: u16) -> Response<Full<Bytes>> {
    let built = Response::builder().status(code).body(Full::default());
    built.unwrap_or_default()
}
