//! The Lambda function `remove_passkey`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::remove::Remove>() })
}
