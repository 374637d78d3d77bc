//! The Lambda function `sign_checkpoints`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sign_checkpoints::WORKER })
}
