//! The Lambda function `create_webhook`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::create::Create>() }).await
}
