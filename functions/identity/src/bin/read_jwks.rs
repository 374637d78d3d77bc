//! The Lambda function `read_jwks`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::jwks::read::Read>() })
}
