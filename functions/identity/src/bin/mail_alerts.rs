//! The Lambda function `mail_alerts`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::alerts::WORKER }).await
}
