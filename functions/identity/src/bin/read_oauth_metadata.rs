//! The Lambda function `read_oauth_metadata`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::metadata::Read>() })
}
