//! The Lambda function `read_jwks`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::jwks::read::Read>() })
}
