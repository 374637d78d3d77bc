//! The Lambda function `rotate_webhook_secret`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::rotate::Rotate>() })
}
