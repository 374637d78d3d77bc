//! Workers: what a call left behind is found out, in every tenant, once a minute.

pub mod bill;
pub mod expire;
pub mod finish;
pub mod render;
pub mod retention;
pub mod settle;
pub mod unrendered;
