//! The Lambda function `list_customers`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::list::List>() }).await
}
