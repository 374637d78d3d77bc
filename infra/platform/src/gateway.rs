//! The gateway: HTTPS in, API Gateway proxy events through `lambda_http`, HTTPS out.

mod refuse;

use super::apps::Apps;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lambda_http::{LambdaEvent, Service as _, request::LambdaRequest};
use serde_json::{Map, Value, json};
use shared::{app::App, endpoint::Function, road};
use std::{collections::BTreeMap, convert::Infallible, net::IpAddr, sync::Arc};
use tokio_rustls::TlsAcceptor;
use topology::Topology;

/// API Gateway takes no larger payload.
const PAYLOAD_LIMIT: usize = 10 * 1024 * 1024;

struct Route {
    method: Method,
    path: String,
    segments: Vec<Segment>,
    function: &'static Function,
}

enum Segment {
    Text(String),
    Parameter(String),
}

/// The routes that the templates describe, and what is answered where there is none.
pub struct Routes {
    routes: Vec<Route>,
    refusals: refuse::Refusals,
}

impl Routes {
    /// Looks up every route's function.
    pub fn new(topology: &Topology) -> Result<Arc<Self>, String> {
        let mut routes = Vec::new();
        for route in &topology.routes {
            let function = services::function(&route.function)
                .ok_or_else(|| format!("the templates name {}, which no crate declares", route.function))?;
            let method = route
                .method
                .parse()
                .map_err(|_| format!("{}: bad method", route.function))?;
            let segments =
                route
                    .path
                    .split('/')
                    .map(|s| match s.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                        Some(name) => Segment::Parameter(name.to_owned()),
                        None => Segment::Text(s.to_owned()),
                    });
            routes.push(Route {
                method,
                segments: segments.collect(),
                path: route.path.clone(),
                function,
            });
        }
        // A fixed segment goes before a parameter in the same place.
        routes.sort_by_key(|r| {
            r.segments
                .iter()
                .map(|s| matches!(s, Segment::Parameter(_)))
                .collect::<Vec<_>>()
        });
        let refusals = refuse::Refusals(topology.refusals.clone());
        Ok(Arc::new(Self { routes, refusals }))
    }

    fn find(&self, method: &Method, path: &str) -> Option<(&Route, Map<String, Value>)> {
        let parts: Vec<&str> = path.split('/').collect();
        for route in self.routes.iter().filter(|r| r.segments.len() == parts.len()) {
            let mut parameters = Map::new();
            let fits = route
                .segments
                .iter()
                .zip(&parts)
                .all(|(segment, part)| match segment {
                    Segment::Text(text) => text == part,
                    Segment::Parameter(name) => {
                        parameters.insert(name.clone(), json!(part));
                        !part.is_empty()
                    }
                });
            if fits && route.method == *method {
                return Some((route, parameters));
            }
        }
        None
    }
}

/// Accepts connections from now on.
pub fn start(
    listener: tokio::net::TcpListener,
    tls: Arc<rustls::ServerConfig>,
    apps: Arc<Apps>,
    routes: Arc<Routes>,
) {
    let acceptor = TlsAcceptor::from(tls);
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let (acceptor, apps, routes) = (acceptor.clone(), apps.clone(), routes.clone());
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(move |request| {
                    let (apps, routes) = (apps.clone(), routes.clone());
                    async move { Ok::<_, Infallible>(answer(&apps, &routes, request, peer.ip()).await) }
                });
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn answer(
    apps: &Apps,
    routes: &Routes,
    request: Request<Incoming>,
    peer: IpAddr,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let id = shared::ids::fresh("req", apps.clock().now());
    let refuse = |kind: &str| routes.refusals.answer(parts.uri.path(), kind, &id);
    if parts.method == Method::GET && portal::is_here(parts.uri.path()) {
        return page(&parts, &id);
    }
    let Some((route, parameters)) = routes.find(&parts.method, parts.uri.path()) else {
        return refuse(refuse::NO_ROUTE);
    };
    let Ok(body) = Limited::new(body, PAYLOAD_LIMIT)
        .collect()
        .await
        .map(|b| b.to_bytes())
    else {
        return refuse(refuse::TOO_LARGE);
    };
    let event = event(&parts, route, parameters, &body, peer, &id);
    let answered = match apps.of(route.function.declaration.name) {
        Ok(app) => invoke(app, route.function, &event).await,
        Err(why) => Err(why),
    };
    answered.unwrap_or_else(|why| {
        tracing::error!(
            function = route.function.declaration.name,
            why,
            "the function failed"
        );
        refuse(refuse::NO_ANSWER)
    })
}

/// The portal's page, or a file of it.
fn page(parts: &http::request::Parts, id: &str) -> Response<Full<Bytes>> {
    let accepts = parts.headers.get("accept-encoding").and_then(|v| v.to_str().ok());
    let answer = portal::answer(parts.uri.path(), accepts.unwrap_or_default());
    let mut response = Response::builder()
        .status(answer.status)
        .header("x-request-id", id);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response
        .body(Full::new(Bytes::from_static(answer.body)))
        .unwrap_or_default()
}

/// An API Gateway REST proxy event, payload format 1.0.
fn event(
    parts: &http::request::Parts,
    route: &Route,
    parameters: Map<String, Value>,
    body: &Bytes,
    peer: IpAddr,
    id: &str,
) -> Value {
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &parts.headers {
        // What is not ASCII is handed on for the function to refuse, not left out.
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.as_str()).or_default().push(value);
    }
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        query
            .entry(name.into_owned())
            .or_default()
            .push(value.into_owned());
    }
    let last = |lists: &BTreeMap<String, Vec<String>>| {
        lists
            .iter()
            .map(|(k, v)| (k.clone(), v.last().cloned()))
            .collect::<BTreeMap<_, _>>()
    };
    let (text, encoded) = match std::str::from_utf8(body) {
        _ if body.is_empty() => (Value::Null, false),
        Ok(text) => (json!(text), false),
        Err(_) => (json!(STANDARD.encode(body)), true),
    };
    let single: BTreeMap<&str, Option<&String>> = headers.iter().map(|(k, v)| (*k, v.last())).collect();
    json!({
        "resource": route.path,
        "path": parts.uri.path(),
        "httpMethod": parts.method.as_str(),
        "headers": single,
        "multiValueHeaders": headers,
        "queryStringParameters": last(&query),
        "multiValueQueryStringParameters": query,
        "pathParameters": parameters,
        "stageVariables": {},
        "requestContext": {
            "accountId": super::ACCOUNT,
            "apiId": "local",
            "resourcePath": route.path,
            "httpMethod": parts.method.as_str(),
            "path": parts.uri.path(),
            "protocol": "HTTP/1.1",
            "stage": "local",
            "requestId": id,
            "identity": {"sourceIp": peer.to_string(), "userAgent": single.get("user-agent").copied().flatten()},
        },
        "body": text,
        "isBase64Encoded": encoded,
    })
}

/// Sends an event through `lambda_http` to the function, as the Lambda runtime does.
async fn invoke(
    app: Arc<App>,
    function: &'static Function,
    event: &Value,
) -> Result<Response<Full<Bytes>>, String> {
    let request: LambdaRequest = serde_json::from_str(&event.to_string()).map_err(|e| e.to_string())?;
    let answer = road::gateway(app, function)
        .call(LambdaEvent::new(request, lambda_http::Context::default()))
        .await;
    let answer = answer.map_err(|e| e.to_string())?;
    let answer = serde_json::to_value(answer).map_err(|e| e.to_string())?;

    let status = answer
        .get("statusCode")
        .and_then(Value::as_u64)
        .and_then(|s| u16::try_from(s).ok());
    let mut response = Response::builder().status(status.ok_or("no status")?);
    for (name, values) in answer
        .get("multiValueHeaders")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            response = response.header(name, value);
        }
    }
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let body = if answer
        .get("isBase64Encoded")
        .and_then(Value::as_bool)
        .unwrap_or(false)
    {
        Bytes::from(STANDARD.decode(body).map_err(|e| e.to_string())?)
    } else {
        Bytes::from(body.to_owned())
    };
    response.body(Full::new(body)).map_err(|e| e.to_string())
}
