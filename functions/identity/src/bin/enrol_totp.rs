//! The Lambda function `enrol_totp`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::enrol::Enrol>() }).await
}
