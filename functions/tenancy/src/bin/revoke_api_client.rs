//! The Lambda function `revoke_api_client`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::revoke::Revoke>() }).await
}
