//! Workers: what a call left behind is found out, in every tenant, once a minute.

pub mod finish;
pub mod review;
pub mod sync;
