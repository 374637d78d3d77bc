//! The Lambda function `retry_delivery`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::retry::Retry>() })
}
