//! What functions may do: the calls of AWS that a declaration asks for, what of them no test was seen to need, who crosses tenants, and
//! what was recorded held against it. The generator writes roles from it; `iam` judges by what was written.

pub mod access;
pub mod crossing;
pub mod replay;
pub mod withheld;
