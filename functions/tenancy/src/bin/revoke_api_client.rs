//! The Lambda function `revoke_api_client`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::revoke::Revoke>() })
}
