//! A proxy before the tables, and where the plan is set: both on free ports of this machine.

use super::{Dropped, Faults, Rule};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use tables::forward;

/// Most bytes of a request, as DynamoDB takes them.
const LIMIT: usize = 16 * 1024 * 1024;

pub(crate) type Answer = Result<Response<Full<Bytes>>, Dropped>;

/// A plain answer.
pub(crate) fn plain(status: u16, text: String) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status);
    response.body(Full::new(Bytes::from(text))).unwrap_or_default()
}

/// Answers on a free port of this machine; gives the address.
///
/// # Errors
/// When no port is free.
pub(crate) async fn listen<F, A>(answer: F) -> Result<String, String>
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|e| e.to_string())?;
    let address = format!("http://{}", listener.local_addr().map_err(|e| e.to_string())?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let service = service_fn(answer);
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

/// Stands before the tables at `inner`; gives the address to call instead.
///
/// # Errors
/// When no port is free.
pub async fn proxy(faults: Arc<Faults>, inner: String) -> Result<String, String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|e| e.to_string())?;
    listen(move |request| {
        let (faults, client, inner) = (faults.clone(), client.clone(), inner.clone());
        async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = Limited::new(body, LIMIT).collect().await else {
                return Ok(plain(413, "too large".into()));
            };
            let body = body.to_bytes();
            let target = parts.headers.get("x-amz-target").and_then(|t| t.to_str().ok());
            let act = forward(&client, &inner, &parts, body.clone());
            faults.around(target.unwrap_or_default(), &body, act).await
        }
    })
    .await
}

/// `PUT` sets the plan, a JSON list of rules; `GET` tells what they have seen. Gives the address.
///
/// # Errors
/// When no port is free.
pub async fn admin(faults: Arc<Faults>) -> Result<String, String> {
    listen(move |request| {
        let faults = faults.clone();
        async move {
            let method = request.method().clone();
            let Ok(body) = Limited::new(request.into_body(), LIMIT).collect().await else {
                return Ok(plain(413, "too large".into()));
            };
            Ok(match method {
                Method::GET => plain(200, faults.plan().told().to_string()),
                Method::PUT => match serde_json::from_slice::<Vec<Rule>>(&body.to_bytes()) {
                    Ok(rules) => {
                        faults.set(rules);
                        plain(200, "[]".into())
                    }
                    Err(why) => plain(422, why.to_string()),
                },
                _ => plain(405, "GET or PUT".into()),
            })
        }
    })
    .await
}
