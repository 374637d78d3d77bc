//! The Lambda function `read_keys_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::contract::Read>() }).await
}
