//! The Lambda function `update_webhook`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::update::Change>() })
}
