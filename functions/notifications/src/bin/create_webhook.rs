//! The Lambda function `create_webhook`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::create::Create>() })
}
