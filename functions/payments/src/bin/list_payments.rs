//! The Lambda function `list_payments`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::list::List>() }).await
}
