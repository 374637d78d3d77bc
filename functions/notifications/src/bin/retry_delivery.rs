//! The Lambda function `retry_delivery`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::retry::Retry>() })
}
