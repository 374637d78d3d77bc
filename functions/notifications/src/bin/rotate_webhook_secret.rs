//! The Lambda function `rotate_webhook_secret`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::rotate::Rotate>() }).await
}
