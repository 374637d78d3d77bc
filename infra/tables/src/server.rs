//! DynamoDB's protocol over HTTP, in front of the engine.

use crate::{
    Time,
    engine::{Answer, Engine},
};
use bytes::Bytes;
use dynoxide::{DynoxideError, auth_material};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Most bytes of a request, as DynamoDB takes them.
const LIMIT: usize = 16 * 1024 * 1024;
/// What the names of operations begin with, of tables and of streams.
const PREFIXES: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];
/// The type of requests and answers.
const TYPE: &str = "application/x-amz-json-1.0";
/// Operations after which a table is not what a connection knows of it.
const CHANGE_TABLES: [&str; 3] = ["UpdateTable", "DeleteTable", "UpdateTimeToLive"];

/// Whoever reads a stream that has nothing new is answered when it has, or after so many looks. A dozen readers that ask ten times a
/// second take as much of a machine as a payment a second does, and a look takes a hundredth of a call.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 10;

/// Headers that belong to one connection.
const HOP_BY_HOP: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

/// Answers, or has `dynoxide`'s own server answer.
pub struct Server {
    engine: Arc<Engine>,
    others: String,
    client: reqwest::Client,
    calls: AtomicU64,
    time: Arc<dyn Time>,
}

impl Server {
    /// `others` is the address of `dynoxide`'s own server, over the same file.
    ///
    /// # Errors
    /// When it cannot be called.
    pub fn new(engine: Arc<Engine>, others: String, time: Arc<dyn Time>) -> Result<Arc<Self>, String> {
        let client = reqwest::Client::builder().no_proxy().build();
        Ok(Arc::new(Self {
            engine,
            others,
            client: client.map_err(|e| e.to_string())?,
            calls: AtomicU64::new(0),
            time,
        }))
    }

    /// Answers whoever comes.
    pub async fn serve(self: Arc<Self>, listener: tokio::net::TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let server = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let server = server.clone();
                    async move { Ok::<_, Infallible>(server.answer(request).await) }
                });
                let builder = hyper::server::conn::http1::Builder::new();
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LIMIT).collect().await else {
            return plain(413, "too large".into());
        };
        let body = body.to_bytes();
        let operation = operation(&parts);
        let answer = match operation {
            Some("GetRecords") if is_signed(&parts) => self.records(&body).await,
            Some(operation) if is_signed(&parts) => self.engine.answer(operation, &body),
            _ => Answer::Others,
        };
        match answer {
            Answer::Told(status, body) => self.told(status, body),
            Answer::Others => {
                let response = forward(&self.client, &self.others, &parts, body).await;
                if operation.is_some_and(|name| CHANGE_TABLES.contains(&name))
                    && let Err(why) = self.engine.renew()
                {
                    return self.refused(&why);
                }
                response
            }
        }
    }

    async fn records(&self, body: &[u8]) -> Answer {
        let mut looks = 1;
        loop {
            let (answer, none) = self.engine.records(body);
            if !none || looks >= LOOKS {
                return answer;
            }
            looks += 1;
            self.time.sleep(LOOK).await;
        }
    }

    fn refused(&self, why: &DynoxideError) -> Response<Full<Bytes>> {
        self.told(why.status_code(), why.to_json().into_bytes())
    }

    fn told(&self, status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let response = Response::builder()
            .status(status)
            .header("content-type", TYPE)
            .header("x-amzn-requestid", format!("LEDGERKEEP{number:042}"));
        response.body(Full::new(Bytes::from(body))).unwrap_or_default()
    }
}

/// The operation that a call names, when it is called as the SDK does it.
fn operation(parts: &http::request::Parts) -> Option<&str> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if parts.method != Method::POST || parts.uri.path() != "/" || header("content-type") != Some(TYPE) {
        return None;
    }
    let target = header("x-amz-target")?;
    PREFIXES.iter().find_map(|prefix| target.strip_prefix(prefix))
}

/// Whether a call bears what a signed one does. Nobody's signature is verified, here or by the others, who say what is missing.
fn is_signed(parts: &http::request::Parts) -> bool {
    let header = |name: &str| parts.headers.get(name);
    auth_material::validate(auth_material::AuthMaterial {
        authorization: header("authorization").and_then(|value| value.to_str().ok()),
        query: parts.uri.query().unwrap_or_default(),
        has_date_header: header("x-amz-date").or_else(|| header("date")).is_some(),
    })
    .is_none()
}

fn plain(status: u16, text: String) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status);
    response.body(Full::new(Bytes::from(text))).unwrap_or_default()
}

/// Calls `inner` as these parts say; gives its answer.
pub async fn forward(
    client: &reqwest::Client,
    inner: &str,
    parts: &http::request::Parts,
    body: Bytes,
) -> Response<Full<Bytes>> {
    let mut request = client.request(parts.method.clone(), format!("{inner}{}", parts.uri.path()));
    for (name, value) in &parts.headers {
        if !HOP_BY_HOP.contains(&name.as_str()) {
            request = request.header(name, value);
        }
    }
    let answer = async {
        let answer = request.body(body).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    match answer.await {
        Err(why) => plain(502, why.to_string()),
        Ok((status, headers, bytes)) => {
            let mut response = Response::builder().status(status);
            for (name, value) in &headers {
                if !HOP_BY_HOP.contains(&name.as_str()) {
                    response = response.header(name, value);
                }
            }
            response.body(Full::new(bytes)).unwrap_or_default()
        }
    }
}
