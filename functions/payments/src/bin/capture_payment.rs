//! The Lambda function `capture_payment`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::capture::Capture>() }).await
}
