//! The Lambda function `list_api_clients`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::list::List>() }).await
}
