//! The Lambda function `read_privacy_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::contract::Read>() }).await
}
