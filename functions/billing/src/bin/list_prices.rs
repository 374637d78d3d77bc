//! The Lambda function `list_prices`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::list::List>() }).await
}
