//! The Lambda function `send_mail`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::send::WORKER }).await
}
