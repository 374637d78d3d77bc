//! The Lambda function `rotate_webhook_secret`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::rotate::Rotate>() })
}
