//! The Lambda function `read_credit_note_document`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::credit_notes::read_document::Read>() })
}
