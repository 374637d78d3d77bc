//! The Lambda function `read_payments_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::contract::Read>() }).await
}
