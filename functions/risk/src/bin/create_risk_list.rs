//! The Lambda function `create_risk_list`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::create::Create>() }).await
}
