//! The receiving end of webhooks: HTTPS on localhost, every signature checked, every event counted once.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use standardwebhooks::Webhook;
use std::{
    collections::HashSet,
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio::net::TcpListener;

/// Most bytes of an event.
const LIMIT: usize = 1024 * 1024;

/// What came in.
#[derive(Default)]
pub(super) struct Received {
    /// Requests to the webhook.
    pub(super) requests: u64,
    /// Requests whose signature was not good.
    pub(super) unverifiable: u64,
    /// Verified requests for an event that had come before.
    pub(super) repeated: u64,
    /// Ids of verified events.
    pub(super) ids: HashSet<String>,
    /// Verified events as [`name`]s.
    pub(super) events: HashSet<String>,
}

/// An event: what happened, to which object.
pub(super) fn name(kind: &str, object: &str) -> String {
    format!("{kind} {object}")
}

/// The listener.
pub(super) struct Hooks {
    /// Its port.
    pub(super) port: u16,
    inbox: Arc<Inbox>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Inbox {
    webhook: OnceLock<Webhook>,
    received: Mutex<Received>,
}

impl Inbox {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one request in; gives the status to answer.
    fn take(&self, headers: &http::HeaderMap, body: &[u8]) -> StatusCode {
        // Before the secret is known nothing can be checked: the sender tries again.
        let Some(webhook) = self.webhook.get() else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let verified = webhook.verify(body, headers).is_ok();
        let id = headers.get("webhook-id").and_then(|v| v.to_str().ok());
        let event: Option<Value> = serde_json::from_slice(body).ok().filter(|_| verified);
        let mut received = self.received();
        received.requests += 1;
        let (Some(id), Some(event)) = (id, event) else {
            received.unverifiable += 1;
            return StatusCode::BAD_REQUEST;
        };
        if !received.ids.insert(id.to_owned()) {
            received.repeated += 1;
            return StatusCode::NO_CONTENT;
        }
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let event = name(text("/type"), text("/data/id"));
        received.events.insert(event);
        StatusCode::NO_CONTENT
    }
}

impl Hooks {
    /// Listens on the port of earlier runs, or on a free one.
    pub(super) async fn listen(data_dir: &Path, port: Option<u16>) -> Result<Self, String> {
        let wanted = port.unwrap_or(0);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, wanted));
        let listener = TcpListener::bind(address).await.map_err(|e| {
            format!(
                "port {wanted}, where this data directory's webhook is registered, cannot be listened on: {e}"
            )
        })?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let (cert, key) = platform::tls::issue(data_dir, &["localhost"])?;
        let tls = tokio_rustls::TlsAcceptor::from(platform::tls::configure(&cert, &key)?);
        let inbox = Arc::new(Inbox::default());
        let task = tokio::spawn(serve(listener, tls, inbox.clone()));
        Ok(Self { port, inbox, task })
    }

    /// The secret that events are signed with from now on.
    pub(super) fn verify_with(&self, secret: &str) -> Result<(), String> {
        let webhook = Webhook::new(secret).map_err(|_| "the webhook's secret is damaged".to_owned())?;
        self.inbox
            .webhook
            .set(webhook)
            .map_err(|_| "the webhook has a secret already".to_owned())
    }

    /// What came in so far.
    pub(super) fn received(&self) -> MutexGuard<'_, Received> {
        self.inbox.received()
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, tls: tokio_rustls::TlsAcceptor, inbox: Arc<Inbox>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, inbox) = (tls.clone(), inbox.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else {
                return;
            };
            let service = service_fn(move |request| answer(inbox.clone(), request));
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(inbox: Arc<Inbox>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let status = if head.uri.path() != "/hooks" {
        StatusCode::NOT_FOUND
    } else if head.method != Method::POST {
        StatusCode::METHOD_NOT_ALLOWED
    } else {
        match Limited::new(body, LIMIT).collect().await {
            Ok(body) => inbox.take(&head.headers, &body.to_bytes()),
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::{Clock, SystemClock};

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn signed(id: &str, body: &str, at: i64) -> http::HeaderMap {
        let signature = Webhook::new(SECRET)
            .unwrap()
            .sign(id, at, body.as_bytes())
            .unwrap();
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", at.into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn good_ones_count_once_and_others_are_counted_apart() {
        let now = SystemClock::default().now().as_second();
        let inbox = Inbox::default();
        let body = r#"{"id":"evt_1","type":"payment.captured","data":{"id":"pay_1"}}"#;
        assert_eq!(
            inbox.take(&signed("evt_1", body, now), body.as_bytes()),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert!(inbox.webhook.set(Webhook::new(SECRET).unwrap()).is_ok());
        let taken: Vec<u16> = [
            (signed("evt_1", body, now), body.as_bytes()),
            (signed("evt_1", body, now), body.as_bytes()),
            (signed("evt_2", body, now), &body.as_bytes()[1..]),
            (signed("evt_3", body, now - 301), body.as_bytes()),
            (http::HeaderMap::new(), body.as_bytes()),
        ]
        .into_iter()
        .map(|(headers, body)| inbox.take(&headers, body).as_u16())
        .collect();
        assert_eq!(taken, [204, 204, 400, 400, 400]);
        let received = inbox.received();
        assert_eq!(
            (
                received.requests,
                received.unverifiable,
                received.repeated,
                received.ids.len()
            ),
            (5, 3, 1, 1)
        );
        assert!(received.events.contains(&name("payment.captured", "pay_1")));
    }
}
