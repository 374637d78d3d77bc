//! The Lambda function `list_risk_list_items`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::items::Items>() }).await
}
