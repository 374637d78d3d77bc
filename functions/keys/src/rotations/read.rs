//! `GET /keys/v1/rotations/{id}`: how far a rotation is.

use super::{Rotation, RotationId, RotationItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    RotationItem as Rotation,
    /// The rotation.
    RotationId,
    Declaration::new(
        "read_rotation",
        methods::get,
        "/keys/v1/rotations/{id}",
        Access::Right(&rbac::KEY_READ),
        Audit::Log,
        "Read how far a rotation is",
    ),
}
