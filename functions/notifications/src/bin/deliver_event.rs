//! The Lambda function `deliver_event`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::deliver::WORKER }).await
}
