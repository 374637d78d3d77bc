//! The same answers from Lambda: from the gateway's events to its files.

use super::answer;
use lambda_http::{Body, Error, Request, RequestExt, Response, run, service_fn};

/// Serves the files as a Lambda function, until the process ends. It asks its environment for nothing but where Lambda is.
///
/// # Errors
/// When the runtime ends.
pub fn serve() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(service_fn(
        |request: Request| async move { answered(&request) },
    )))
}

/// The answer to an event of the gateway.
pub(crate) fn answered(request: &Request) -> Result<Response<Body>, Error> {
    let accepts = request.headers().get("accept-encoding");
    let accepts = accepts.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let answer = answer(request.raw_http_path(), accepts);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    if let Some(context) = request.lambda_context_ref() {
        response = response.header("x-request-id", &context.request_id);
    }
    Ok(response.body(Body::from(answer.body))?)
}
