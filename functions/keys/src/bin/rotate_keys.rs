//! The Lambda function `rotate_keys`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::rotate::WORKER }).await
}
