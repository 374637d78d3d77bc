//! The Lambda function `sync_payments`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::sync::WORKER })
}
