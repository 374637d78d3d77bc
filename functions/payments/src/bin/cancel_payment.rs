//! The Lambda function `cancel_payment`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::cancel::Cancel>() }).await
}
