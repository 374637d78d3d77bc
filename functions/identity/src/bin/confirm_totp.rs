//! The Lambda function `confirm_totp`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::confirm::Confirm>() }).await
}
