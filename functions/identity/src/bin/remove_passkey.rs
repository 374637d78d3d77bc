//! The Lambda function `remove_passkey`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::remove::Remove>() })
}
