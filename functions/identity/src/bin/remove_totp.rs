//! The Lambda function `remove_totp`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::remove::Remove>() })
}
