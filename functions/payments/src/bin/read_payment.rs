//! The Lambda function `read_payment`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::read::Read>() })
}
