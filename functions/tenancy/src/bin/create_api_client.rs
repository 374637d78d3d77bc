//! The Lambda function `create_api_client`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::create::Create>() }).await
}
