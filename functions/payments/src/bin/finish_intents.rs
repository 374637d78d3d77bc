//! The Lambda function `finish_intents`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::finish::WORKER }).await
}
