//! The Lambda function `dispatch_events`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::dispatch::WORKER }).await
}
