//! The Lambda function `retry_mail`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::retry::WORKER }).await
}
