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

/// An approval as some answer tells it: what is told of the request differs, and nothing else.
macro_rules! answer {
    ($(#[$about:meta])* $name:ident { $($(#[$told:meta])* $field:ident: $type:ty,)+ }) => {
        #[derive(Record, Serialize)]
        $(#[$about])*
        pub struct $name {
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
            $($(#[$told])* $field: $type,)+
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

        impl $name {
            fn telling(approval: &Approval, $($field: $type),+) -> Self {
                Self {
                    id: approval.id.clone(),
                    function: approval.function.clone(),
                    summary: approval.summary.clone(),
                    right: approval.right.clone(),
                    requester: approval.requester.clone(),
                    person: approval.person.clone(),
                    $($field,)+
                    status: approval.status,
                    created_at: Instant::from(approval.created_at),
                    expires_at: Instant::from(after(Timestamp::UNIX_EPOCH, approval.expires_at)),
                    decided_by: approval.decided_by.as_ref().map(ToString::to_string),
                    decided_at: approval.decided_at.map(Instant::from),
                    reason: approval.reason.as_ref().map(|r| r.as_str().to_owned()),
                }
            }
        }
    };
}

answer! {
    /// An approval as answered.
    #[record(name = "Approval")]
    ApprovalAnswer {
        /// What they asked for; personal, card and secret values are masked.
        #[internal]
        request: Map<String, Value>,
    }
}

answer! {
    /// An approval with what is asked.
    ApprovalDetail {
        /// What they ask for. To whoever may decide and whoever asked all of it but card numbers and secrets, until it is over.
        #[personal]
        request: Map<String, Value>,
        /// Whether personal data in it is masked.
        #[public]
        masked: bool,
    }
}

impl ApprovalAnswer {
    /// An approval for the second person's eyes.
    ///
    /// # Errors
    /// 500 when the kept request does not parse.
    pub fn of(approval: &Approval) -> Result<Self, Problem> {
        Ok(Self::telling(approval, parsed(&approval.request)?))
    }
}

/// The request of an approval, as it is kept.
fn parsed(text: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(text).map_err(|_| Problem::internal("the request of an approval does not parse"))
}
