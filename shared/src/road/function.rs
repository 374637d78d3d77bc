//! Declared endpoints with their types erased, the services that they make up, and fronts: what reads requests of another protocol as
//! calls of them.

use super::{
    answer::Finished,
    call::Call,
    context::Context,
    disclosure::ItemType,
    early::early,
    endpoint::{Ahead, EffectEndpoint, Endpoint},
    intent::IntentItem,
    plain::plain,
    worker::Worker,
};
use crate::{
    access::auth::username::UsernameToken,
    declaration::{
        endpoint::{Declaration, Format},
        uses::Uses,
    },
    kernel::{
        problem::Problem,
        record::{Field, Record},
        shape::{Shape, Shaped},
        time::Timestamp,
    },
    process::app::App,
    store::Key,
};
use futures::future::BoxFuture;
use lambda_http::Request;
use serde_json::{Map, Value};
use std::sync::Arc;

type Begin = for<'c> fn(&'c Context, Value) -> BoxFuture<'c, Vec<Key>>;
type Run = fn(Arc<Call>, Value) -> BoxFuture<'static, Result<Finished, Problem>>;
type Resume = fn(Arc<Call>, IntentItem) -> BoxFuture<'static, Result<bool, Problem>>;

/// What a function fetches while it starts, beyond what every function does.
pub(crate) type Warm = fn(Arc<App>) -> BoxFuture<'static, ()>;

/// Found where functions are declared, so that only those that read the peppers have the code for it.
const fn warm(uses: &[Uses]) -> Option<Warm> {
    let mut rest = uses;
    while let [first, more @ ..] = rest {
        if matches!(first, Uses::Secret(_)) {
            return Some(|app| Box::pin(async move { drop(app.passwords().await) }));
        }
        rest = more;
    }
    None
}

/// A declared endpoint with its types erased: what lists, routers and generators work with.
#[derive(Clone, Copy)]
pub struct Function {
    /// The declaration.
    pub declaration: Declaration,
    /// Fields of the input.
    pub input: &'static [Field],
    /// Fields of the answer.
    pub answer: &'static [Field],
    /// Shape of the input.
    pub input_shape: fn() -> Shape,
    /// Shape of the answer.
    pub answer_shape: fn() -> Shape,
    pub(crate) ahead: fn(&Ahead<'_>) -> Vec<Key>,
    pub(crate) early: Option<Begin>,
    pub(crate) run: Run,
    pub(crate) resume: Option<Resume>,
    pub(crate) warm: Option<Warm>,
    pub(crate) front: Option<Front>,
}

/// Erases an endpoint.
#[must_use]
pub const fn function<E: Endpoint>() -> Function {
    Function {
        declaration: E::DECLARATION,
        input: <E::Input as Record>::FIELDS,
        answer: <E::Answer as Record>::FIELDS,
        input_shape: <E::Input as Shaped>::shape,
        answer_shape: <E::Answer as Shaped>::shape,
        ahead: E::ahead,
        early: match E::EARLY {
            Some(_) => Some(|cx, input| Box::pin(early::<E>(cx, input))),
            None => None,
        },
        run: |call, input| Box::pin(plain::<E>(call, input)),
        resume: None,
        warm: warm(E::DECLARATION.uses),
        front: None,
    }
}

/// Erases an endpoint that stands before others: a request of another protocol goes on as one of the function that it is for.
#[must_use]
pub const fn front<E: Endpoint>(front: Front) -> Function {
    Function {
        front: Some(front),
        ..function::<E>()
    }
}

/// Erases an effect endpoint.
#[must_use]
pub const fn effect<E: EffectEndpoint>() -> Function {
    let mut declaration = E::DECLARATION;
    declaration.effect = true;
    Function {
        declaration,
        input: <E::Input as Record>::FIELDS,
        answer: <E::Answer as Record>::FIELDS,
        input_shape: <E::Input as Shaped>::shape,
        answer_shape: <E::Answer as Shaped>::shape,
        ahead: E::ahead,
        early: None,
        run: |call, input| Box::pin(super::effect::effect::<E>(call, input)),
        resume: Some(|call, intent| Box::pin(super::effect::resume::<E>(call, intent))),
        warm: warm(E::DECLARATION.uses),
        front: None,
    }
}

/// A service: its endpoints and its workers.
#[derive(Clone, Copy)]
pub struct Service {
    /// Its name, the first segment of its paths.
    pub name: &'static str,
    /// The version of its contract (semantic versioning 2.0.0); the major one stands in its paths.
    pub version: &'static str,
    /// What it is, for its OpenAPI document.
    pub about: &'static str,
    /// Endpoints, one line each.
    pub endpoints: &'static [Function],
    /// Functions with a trigger.
    pub workers: &'static [Worker],
    /// What it keeps: every type of item, one line each.
    pub items: &'static [ItemType],
}

impl Service {
    /// Whether an OpenAPI document tells of it: not where it speaks SOAP alone.
    #[must_use]
    pub fn is_described(&self) -> bool {
        let soap = |f: &Function| f.declaration.format == Format::Soap;
        self.endpoints.is_empty() || !self.endpoints.iter().all(soap)
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", (self.declaration.method)(), self.declaration.path)
    }
}

/// What a request is, once it has been read.
pub struct Opened {
    /// The function that it is for.
    pub function: &'static Function,
    /// What goes into it, as a JSON body and path parameters would.
    pub input: Map<String, Value>,
    /// Who says to send it.
    pub token: UsernameToken,
    /// The idempotency key.
    pub idempotency_key: Option<String>,
    /// The approval of a second person.
    pub approval: Option<String>,
    /// Why sensitive data is read.
    pub reason: Option<String>,
}

/// How its answer is to be put.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reply {
    /// In SOAP 1.2.
    pub twelve: bool,
    /// With a timestamp, as the request had one.
    pub stamped: bool,
    /// As the answer of this function; none where it is not known which.
    pub function: Option<&'static Function>,
}

/// How requests are read and answers put.
#[derive(Clone, Copy)]
pub struct Front {
    /// The protocol, as audit entries name it.
    pub protocol: &'static str,
    /// Reads a request. It decides nothing about who may.
    pub read: fn(&Request) -> (Reply, Result<Opened, Problem>),
    /// Puts an answer.
    pub write: fn(Reply, Finished, &str, Timestamp) -> Finished,
}

impl Opened {
    /// The path that the same call has over REST.
    #[must_use]
    pub(super) fn path(&self) -> String {
        let mut path = self.function.declaration.path.to_owned();
        for (name, value) in &self.input {
            if let Value::String(value) = value {
                path = path.replace(&format!("{{{name}}}"), value);
            }
        }
        path
    }
}
