//! The Lambda function `read_payment`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::read::Read>() }).await
}
