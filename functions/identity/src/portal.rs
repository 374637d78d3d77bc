//! The portal's endpoints. Its cookie is [`crate::portal_cookie`]'s.

pub mod refresh;
