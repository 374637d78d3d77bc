//! Fronts: requests of another protocol that go on as calls of the functions that they are for.

use super::{answer::Finished, function::Function};
use crate::{
    access::auth::username::UsernameToken,
    kernel::{problem::Problem, time::Timestamp},
};
use lambda_http::Request;
use serde_json::{Map, Value};

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
