//! The Lambda function `read_privacy_request`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::read::Read>() }).await
}
