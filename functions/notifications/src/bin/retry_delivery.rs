//! The Lambda function `retry_delivery`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::retry::Retry>() }).await
}
