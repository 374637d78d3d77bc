//! `GET /audit/v1/purges/{id}`: how far a purge has come.

use super::{Purge, PurgeId, PurgeItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    PurgeItem as Purge,
    /// The purge.
    PurgeId,
    Declaration::new(
        "read_purge",
        methods::get,
        "/audit/v1/purges/{id}",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "Read how far a purge has come",
    ),
}
