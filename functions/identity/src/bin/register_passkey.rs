//! The Lambda function `register_passkey`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::register::Register>() })
}
