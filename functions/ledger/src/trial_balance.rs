//! The trial balance: that debits and credits meet.

pub mod read;
