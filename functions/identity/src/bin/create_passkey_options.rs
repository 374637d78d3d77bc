//! The Lambda function `create_passkey_options`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::options::Options>() })
}
