//! The Lambda function `read_vault_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::contract::Read>() }).await
}
