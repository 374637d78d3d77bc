//! The Lambda function `read_billing_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::contract::Read>() }).await
}
