//! The Lambda function `register_passkey`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::register::Register>() })
}
