//! The Lambda function `list_webhooks`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::list::List>() }).await
}
