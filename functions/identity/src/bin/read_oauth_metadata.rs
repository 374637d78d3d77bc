//! The Lambda function `read_oauth_metadata`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::metadata::Read>() })
}
