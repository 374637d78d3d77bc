//! The Lambda function `update_webhook`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::update::Change>() }).await
}
