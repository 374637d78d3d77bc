//! The Lambda function `list_refunds`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::refunds::list::List>() }).await
}
