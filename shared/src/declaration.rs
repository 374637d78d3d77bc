//! What an endpoint and a worker are, as data: nothing here knows the road.

pub mod endpoint;
pub mod issued;
pub mod paging;
pub mod uses;
pub mod worker;
