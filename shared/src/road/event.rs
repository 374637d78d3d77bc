//! API Gateway's event as a request, and an answer as the gateway takes it, beside what `lambda_http` does of that.

use super::serve::service;
use crate::{process::app::App, road::function::Function};
use lambda_http::{
    Adapter, Body, Error, IntoResponse, LambdaEvent, Request, Response, Service, request::LambdaRequest,
    service_fn,
};
use serde::Serialize;
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};

/// An answer whose body is as it is sent. `lambda_http` would look up the charset in its headers, and every function would carry the
/// tables of all charsets that the web knows.
struct Answer(Response<Body>);

impl IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

/// Leaves each header as often as it was sent. The event has them twice, each with all its values and with the last one;
/// `lambda_http` lets the last one win, so that nobody could see that a header was sent twice.
fn as_sent(mut request: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV1(event) = &mut request {
        for name in event.multi_value_headers.keys() {
            event.headers.remove(name);
        }
    }
    request
}

/// The function as what is called with the gateway's events.
pub fn gateway(
    app: Arc<App>,
    function: &'static Function,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize, Error = Error, Future: Send> {
    let road = Adapter::from(service_fn(move |request: Request| {
        let app = app.clone();
        async move { Ok::<_, Error>(Answer(service(app, function, request).await)) }
    }));
    service_fn(move |event: LambdaEvent<LambdaRequest>| {
        road.clone()
            .call(LambdaEvent::new(as_sent(event.payload), event.context))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_header_is_there_as_often_as_it_was_sent() {
        let event = json!({
            "httpMethod": "POST", "path": "/", "requestContext": {"httpMethod": "POST"},
            "headers": {"Idempotency-Key": "two", "X-Alone": "here"},
            "multiValueHeaders": {"Idempotency-Key": ["one", "two"]},
        });
        let request: LambdaRequest = serde_json::from_value(event).unwrap();
        let request = Request::from(as_sent(request));
        let values = |name: &str| -> Vec<_> { request.headers().get_all(name).iter().cloned().collect() };
        assert_eq!(values("idempotency-key"), ["one", "two"]);
        assert_eq!(values("x-alone"), ["here"]);
    }
}
