//! The Lambda function `delete_webhook`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::delete::Delete>() })
}
