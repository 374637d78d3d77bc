//! The Lambda function `read_identity_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::contract::Read>() }).await
}
