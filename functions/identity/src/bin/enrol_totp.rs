//! The Lambda function `enrol_totp`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::enrol::Enrol>() })
}
