//! The Lambda function `create_webhook`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::create::Create>() })
}
