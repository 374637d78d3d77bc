//! The Lambda function `create_check`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::create::Create>() }).await
}
