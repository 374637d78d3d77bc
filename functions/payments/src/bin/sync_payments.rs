//! The Lambda function `sync_payments`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::sync::WORKER })
}
