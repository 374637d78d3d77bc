//! The Lambda function `read_credit_note`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::credit_notes::read::Read>() })
}
