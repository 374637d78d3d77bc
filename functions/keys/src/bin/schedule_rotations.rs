//! The Lambda function `schedule_rotations`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::schedule::WORKER })
}
