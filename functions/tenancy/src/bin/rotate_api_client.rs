//! The Lambda function `rotate_api_client`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::rotate::Rotate>() }).await
}
