//! The Lambda function `capture_payment`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::capture::Capture>() })
}
