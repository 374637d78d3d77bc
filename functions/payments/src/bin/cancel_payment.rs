//! The Lambda function `cancel_payment`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::cancel::Cancel>() })
}
