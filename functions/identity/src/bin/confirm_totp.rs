//! The Lambda function `confirm_totp`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::confirm::Confirm>() })
}
