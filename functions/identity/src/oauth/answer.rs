//! What the token endpoint answers.

use serde::Serialize;
use shared::{record::Record, text::IssuedSecret};

/// What goes out (RFC 6749, section 5.1).
#[derive(Record, Serialize)]
#[record(name = "AccessToken")]
pub struct Answer {
    /// An access token (RFC 9068).
    #[secret]
    pub(super) access_token: IssuedSecret,
    /// `Bearer`, or `DPoP` where the request came with a proof (RFC 9449).
    #[public]
    pub(super) token_type: String,
    /// Seconds it is good for.
    #[public]
    pub(super) expires_in: i64,
    /// The roles of the client or user.
    #[public]
    pub(super) scope: String,
    /// The session's next refresh token; the one presented is spent.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<IssuedSecret>,
}
