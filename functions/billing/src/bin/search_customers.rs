//! The Lambda function `search_customers`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::search::Search>() }).await
}
