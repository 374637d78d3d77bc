//! Approvals: calls that wait for a second person.

pub mod decide;
pub mod list;
pub mod read;
pub mod withdraw;

use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    auth::{Approval, ApprovalId, ApprovalStatus},
    problem::Problem,
    record::Record,
    time::{Instant, Timestamp, after},
};

/// An approval as answered.
#[derive(Record, Serialize)]
#[record(name = "Approval")]
pub struct ApprovalAnswer {
    /// Its id.
    #[public]
    id: ApprovalId,
    /// The function that waits for it.
    #[public]
    function: String,
    /// What that function does.
    #[public]
    summary: String,
    /// The right that the call needs.
    #[public]
    right: String,
    /// Who asked: a user, or an API client.
    #[public]
    requester: String,
    /// The person behind them.
    #[public]
    person: String,
    /// What they asked for; personal, card and secret values are masked.
    #[internal]
    request: Map<String, Value>,
    /// How it stands.
    #[public]
    status: ApprovalStatus,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    created_at: Instant,
    /// Until when it must be given and used (RFC 3339 UTC).
    #[public]
    expires_at: Instant,
    /// Who decided.
    #[public]
    decided_by: Option<String>,
    /// When they decided (RFC 3339 UTC).
    #[public]
    decided_at: Option<Instant>,
    /// Why.
    #[internal]
    reason: Option<String>,
}

impl ApprovalAnswer {
    /// An approval for the second person's eyes.
    ///
    /// # Errors
    /// 500 when the kept request does not parse.
    pub fn of(approval: &Approval) -> Result<Self, Problem> {
        let request = serde_json::from_str(&approval.request)
            .map_err(|_| Problem::internal("the request of an approval does not parse"))?;
        Ok(Self {
            id: approval.id.clone(),
            function: approval.function.clone(),
            summary: approval.summary.clone(),
            right: approval.right.clone(),
            requester: approval.requester.clone(),
            person: approval.person.clone(),
            request,
            status: approval.status,
            created_at: Instant::from(approval.created_at),
            expires_at: Instant::from(after(Timestamp::UNIX_EPOCH, approval.expires_at)),
            decided_by: approval.decided_by.as_ref().map(ToString::to_string),
            decided_at: approval.decided_at.map(Instant::from),
            reason: approval.reason.as_ref().map(|r| r.as_str().to_owned()),
        })
    }
}

/// An approval with what is asked.
#[derive(Record, Serialize)]
pub struct ApprovalDetail {
    /// Its id.
    #[public]
    id: ApprovalId,
    /// The function that waits for it.
    #[public]
    function: String,
    /// What that function does.
    #[public]
    summary: String,
    /// The right that the call needs.
    #[public]
    right: String,
    /// Who asked: a user, or an API client.
    #[public]
    requester: String,
    /// The person behind them.
    #[public]
    person: String,
    /// What they ask for. To whoever may decide and whoever asked all of it but card numbers and secrets, until it is over.
    #[personal]
    request: Map<String, Value>,
    /// Whether personal data in it is masked.
    #[public]
    masked: bool,
    /// How it stands.
    #[public]
    status: ApprovalStatus,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    created_at: Instant,
    /// Until when it must be given and used (RFC 3339 UTC).
    #[public]
    expires_at: Instant,
    /// Who decided.
    #[public]
    decided_by: Option<String>,
    /// When they decided (RFC 3339 UTC).
    #[public]
    decided_at: Option<Instant>,
    /// Why.
    #[internal]
    reason: Option<String>,
}

impl ApprovalDetail {
    fn of(approval: &Approval, request: Map<String, Value>, masked: bool) -> Self {
        Self {
            id: approval.id.clone(),
            function: approval.function.clone(),
            summary: approval.summary.clone(),
            right: approval.right.clone(),
            requester: approval.requester.clone(),
            person: approval.person.clone(),
            request,
            masked,
            status: approval.status,
            created_at: Instant::from(approval.created_at),
            expires_at: Instant::from(after(Timestamp::UNIX_EPOCH, approval.expires_at)),
            decided_by: approval.decided_by.as_ref().map(ToString::to_string),
            decided_at: approval.decided_at.map(Instant::from),
            reason: approval.reason.as_ref().map(|r| r.as_str().to_owned()),
        }
    }
}
