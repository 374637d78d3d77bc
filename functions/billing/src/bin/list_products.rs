//! The Lambda function `list_products`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::list::List>() }).await
}
