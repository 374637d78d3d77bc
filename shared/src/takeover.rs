//! How a tenant's home goes to another region, and what of its writes has not arrived there.

pub mod repair;
pub mod step;
