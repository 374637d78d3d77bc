//! The Lambda function `register_passkey`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::passkeys::register::Register>() }).await
}
