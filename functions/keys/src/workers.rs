//! Workers: rotations go on page by page, and begin by themselves when keys are old.

pub mod rotate;
pub mod schedule;
