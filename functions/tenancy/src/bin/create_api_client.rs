//! The Lambda function `create_api_client`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::create::Create>() })
}
