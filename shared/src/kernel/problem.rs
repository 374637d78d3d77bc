//! Errors with an external side (RFC 9457 problem details) and an internal one that only logs see.

pub mod codes;
mod declines;

pub use declines::DeclineCode;

use crate::kernel::record::{FieldError, MOST_ERRORS};
use serde_json::{Value, json};
use std::any::Any;

/// What a refusal changes all the same, such as a counted failure. Only whoever commits knows what it is: the store's changes are
/// the one such type.
pub trait Consequence: Any + Send + Sync {}

/// A refusal or a failure. Everything in it but `internal` and `changes` may be shown to the caller.
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable, machine-readable.
    pub code: &'static str,
    /// One sentence for people, without personal or secret values.
    pub detail: String,
    /// What failed in the input.
    pub errors: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// Further members of the answer, for example the current state.
    pub extra: Vec<(&'static str, Value)>,
    /// For logs and never for answers. Holds no personal data and no secret either.
    pub internal: Option<String>,
    /// What a refusal changes: a counted failure, a revoked family.
    pub changes: Option<Box<dyn Consequence>>,
    /// Lost a race on a revision: the road reads again and decides anew.
    pub(crate) raced: bool,
}

impl Problem {
    /// A problem with a status, a stable code and a sentence.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            extra: Vec::new(),
            internal: None,
            changes: None,
            raced: false,
        }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(400, code, detail)
    }

    /// 401; the same for every reason, so that it tells nothing.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(401, "unauthenticated", "Sign in, or send a valid access token.")
    }

    /// 401; the sign-in is too old for this (RFC 9470).
    #[must_use]
    pub fn stale_sign_in() -> Self {
        let text = "This needs a sign-in younger than 10 minutes.";
        Self::new(401, "insufficient_user_authentication", text)
    }

    /// 403.
    #[must_use]
    pub fn forbidden(right: &str) -> Self {
        Self::new(403, "forbidden", format!("This needs the right {right}."))
    }

    /// 404, also for what belongs to somebody else.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "There is no such object.")
    }

    /// 409.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(409, code, detail)
    }

    /// 422 for an `Idempotency-Key` that stands for another call already.
    #[must_use]
    pub fn key_reused() -> Self {
        let text = "This Idempotency-Key was used with another body.";
        Self::new(422, "idempotency_key_reused", text)
    }

    /// 409 with the current state, for a transition that is not allowed.
    #[must_use]
    pub fn wrong_state(state: &str, detail: impl Into<String>) -> Self {
        Self::conflict("wrong_state", detail).with("state", json!(state))
    }

    /// 422 for one field.
    #[must_use]
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self::validation(vec![FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }

    /// 422 for every failing field.
    #[must_use]
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(422, "invalid_input", "Some fields are not acceptable.");
        problem.errors = errors;
        problem.errors.truncate(MOST_ERRORS);
        problem
    }

    /// 413 for what no table holds: it is within the bounds of each field and too large as a whole, and trying again changes nothing.
    #[must_use]
    pub fn too_large() -> Self {
        let text =
            "This is too large to be kept as a whole. Send less at once, such as fewer or shorter lines.";
        Self::new(413, "body_too_large", text)
    }

    /// 500 with a reason for the log.
    #[must_use]
    pub fn internal(reason: impl Into<String>) -> Self {
        let mut problem = Self::new(500, "internal", "Something went wrong on our side.");
        problem.internal = Some(reason.into());
        problem
    }

    /// 503: a dependency did not answer. Whether the call took effect may be unknown; a repetition under its
    /// `Idempotency-Key` finds out.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let mut problem = Self::new(503, "unavailable", "Try again in a moment.");
        problem.internal = Some(reason.into());
        problem.retry_after = Some(1);
        problem
    }

    /// Somebody else was faster: the road reads again and decides anew.
    pub(crate) fn raced() -> Self {
        let mut raced = Self::conflict("conflict", "The object was changed meanwhile.").retry_after(1);
        raced.raced = true;
        raced
    }

    /// Adds a member to the answer.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.extra.push((name, value));
        self
    }

    /// Adds changes that the refusal commits.
    #[must_use]
    pub fn changing(mut self, changes: impl Consequence) -> Self {
        self.changes = Some(Box::new(changes));
        self
    }

    /// Takes out what the refusal changes.
    pub fn take_changes<C: Consequence + Default>(&mut self) -> C {
        let changes = self.changes.take().map(|changes| changes as Box<dyn Any>);
        let changes = changes.and_then(|changes| changes.downcast().ok());
        changes.map_or_else(C::default, |changes| *changes)
    }

    /// Adds a `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self, request_id: &str) -> Value {
        let mut body = json!({
            "type": format!("urn:ledgerkeep:problem:{}", self.code),
            "title": title(self.status),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        });
        if let Value::Object(map) = &mut body {
            if !self.errors.is_empty() {
                map.insert("errors".into(), json!(self.errors));
            }
            for (name, value) in &self.extra {
                map.insert((*name).into(), value.clone());
            }
        }
        body
    }
}

impl std::fmt::Debug for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Problem {} {} ({})",
            self.status,
            self.code,
            self.internal.as_deref().unwrap_or("-")
        )
    }
}

/// The reason phrase of a status (RFC 9110, section 15).
#[must_use]
pub fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("Error")
}
