//! The Lambda function `add_risk_list_item`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::add::Add>() }).await
}
