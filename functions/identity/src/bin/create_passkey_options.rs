//! The Lambda function `create_passkey_options`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::options::Options>() }).await
}
