//! The Lambda function `rotate_api_client`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::rotate::Rotate>() })
}
