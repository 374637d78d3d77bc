//! The Lambda function `read_risk_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::contract::Read>() }).await
}
