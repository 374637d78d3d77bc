//! The Lambda function `delete_webhook`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::delete::Delete>() }).await
}
