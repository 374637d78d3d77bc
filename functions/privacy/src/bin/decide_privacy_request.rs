//! The Lambda function `decide_privacy_request`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::decide::Decide>() }).await
}
