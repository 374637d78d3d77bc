//! The Lambda function `remove_totp`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::totp::remove::Remove>() }).await
}
