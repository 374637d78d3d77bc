//! The Lambda function `remove_totp`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::remove::Remove>() })
}
