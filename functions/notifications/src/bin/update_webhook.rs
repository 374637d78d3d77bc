//! The Lambda function `update_webhook`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::update::Change>() })
}
