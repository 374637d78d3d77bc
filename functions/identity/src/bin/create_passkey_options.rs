//! The Lambda function `create_passkey_options`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::options::Options>() })
}
