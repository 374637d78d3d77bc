//! The Lambda function `sync_payments`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::sync::WORKER }).await
}
