//! KMS, Secrets Manager, SQS and SES over the AWS JSON protocols, STS over the query protocol and S3 over its own, on a free port of
//! this machine.

use super::faults::{Dropped, Faults};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use standins::{Emulator, s3};
use std::{path::Path, sync::Arc};

/// Where SES takes mail. Its protocol names the operation by method and path.
const SEND_EMAIL: &str = "/v2/email/outbound-emails";

/// Most bytes of a request.
const LIMIT: usize = 1024 * 1024;
/// Most bytes of an object.
const OBJECT_LIMIT: usize = 64 * 1024 * 1024;

#[allow(
    clippy::disallowed_methods,
    reason = "the stand-ins take their clock from here"
)]
fn now() -> i64 {
    shared::time::Timestamp::now().as_millisecond()
}

/// Opens the stand-ins' state.
pub fn open(data_dir: &Path, region: &str) -> Result<Emulator, String> {
    Emulator::open(&data_dir.join("aws"), region, super::ACCOUNT, now)
        .map_err(|e| format!("{e}; `make reset` starts anew"))
}

/// Serves them, with these faults; gives the address.
pub fn start(emulator: Arc<Emulator>, faults: Option<Arc<Faults>>) -> Result<String, String> {
    let served = emulator.clone();
    let address = super::apart("aws", |listener| async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (emulator, faults) = (served.clone(), faults.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(emulator.clone(), faults.clone(), request));
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })?;
    emulator.queues.set_base_url(&address);
    Ok(address)
}

async fn answer(
    emulator: Arc<Emulator>,
    faults: Option<Arc<Faults>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    if let Some(target) = object(&request) {
        return keep(emulator, faults, request, target).await;
    }
    let sends = request.method() == hyper::Method::POST && request.uri().path() == SEND_EMAIL;
    let form = request.headers().get("content-type");
    let asks_sts = form.is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let mut target = request
        .headers()
        .get("x-amz-target")
        .and_then(|t| t.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    if sends {
        "SimpleEmailService.SendEmail".clone_into(&mut target);
    }
    if asks_sts {
        "AWSSecurityTokenService.AssumeRole".clone_into(&mut target);
    }
    let region = region(request.headers());
    let body = match Limited::new(request.into_body(), LIMIT).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => {
            return Ok(Response::builder()
                .status(413)
                .body(Full::default())
                .unwrap_or_default());
        }
    };
    let act = async {
        if asks_sts {
            token(&emulator, &body)
        } else {
            call(&emulator, &region, &target, &body)
        }
    };
    match &faults {
        None => Ok(act.await),
        Some(faults) => faults.around(&target, &body, act).await,
    }
}

/// What a call of S3 is named by in faults; `None` for calls of others. S3 has no header that tells: what is signed does.
fn object(request: &Request<Incoming>) -> Option<&'static str> {
    let authorization = request.headers().get("authorization")?.to_str().ok()?;
    authorization.contains("/s3/aws4_request").then_some(())?;
    Some(match request.method().as_str() {
        "PUT" => "S3.PutObject",
        "DELETE" => "S3.DeleteObject",
        _ => "S3.GetObject",
    })
}

/// Answers a call of S3.
async fn keep(
    emulator: Arc<Emulator>,
    faults: Option<Arc<Faults>>,
    request: Request<Incoming>,
    target: &str,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, OBJECT_LIMIT).collect().await else {
        return Ok(Response::builder()
            .status(413)
            .body(Full::default())
            .unwrap_or_default());
    };
    let body = body.to_bytes();
    let header = |name: &str| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let act = async {
        let answer = emulator.buckets.call(&s3::Call {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            header: &header,
            body: &body,
        });
        let mut response = Response::builder().status(answer.status);
        if let Some(version) = &answer.version {
            response = response.header("x-amz-version-id", version.as_str());
        }
        response
            .body(Full::new(Bytes::from(answer.body)))
            .unwrap_or_default()
    };
    match &faults {
        None => Ok(act.await),
        Some(faults) => faults.around(target, &[], act).await,
    }
}

/// The region that a request is signed for (AWS Signature Version 4: the third part of the credential's scope).
fn region(headers: &hyper::HeaderMap) -> String {
    let signed = headers.get("authorization").and_then(|a| a.to_str().ok());
    let scope = signed
        .and_then(|a| a.split_once("Credential="))
        .map(|(_, scope)| scope);
    let region = scope.and_then(|s| s.split(',').next()?.split('/').nth(2));
    region.unwrap_or_default().to_owned()
}

fn token(emulator: &Emulator, body: &[u8]) -> Response<Full<Bytes>> {
    let answer = emulator.sts.call(body);
    Response::builder()
        .status(answer.status)
        .header("content-type", "text/xml")
        .body(Full::new(Bytes::from(answer.xml)))
        .unwrap_or_default()
}

fn call(emulator: &Emulator, region: &str, target: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let reply = emulator.call_in(region, target, body);
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", "application/x-amz-json-1.1");
    if let Some(kind) = &reply.error_type {
        response = response.header("x-amzn-errortype", kind.as_str());
    }
    if let Some(kind) = &reply.query_error {
        response = response.header("x-amzn-query-error", kind.as_str());
    }
    response
        .body(Full::new(Bytes::from(reply.body)))
        .unwrap_or_default()
}
