//! The Lambda function `rotate_keys`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::rotate::WORKER })
}
