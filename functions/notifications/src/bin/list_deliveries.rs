//! The Lambda function `list_deliveries`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::list::List>() }).await
}
