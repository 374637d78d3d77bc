//! The Lambda function `sweep_deliveries`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::sweep::WORKER }).await
}
