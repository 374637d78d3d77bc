//! The Lambda function `read_notifications_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::contract::Read>() }).await
}
