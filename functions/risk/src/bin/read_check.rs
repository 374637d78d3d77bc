//! The Lambda function `read_check`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::read::Read>() }).await
}
