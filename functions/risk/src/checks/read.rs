//! `GET /risk/v1/checks/{id}`: what a check has said.

use super::{Check, CheckId, CheckItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    CheckItem as Check,
    /// The check.
    CheckId,
    Declaration::new(
        "read_check",
        methods::get,
        "/risk/v1/checks/{id}",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "Read the score, outcome and reasons of a check",
    )
    .soap("getRiskCheck"),
}
