//! The Lambda function `list_risk_lists`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::list::List>() }).await
}
