//! The Lambda function `void_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::credit_notes::void::Void>() })
}
