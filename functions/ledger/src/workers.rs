//! Workers: what is posted is booked, behind the stream of the journal, and what the stream lost.

pub mod book;
pub mod sweep;
