//! The Lambda function `read_invoice_document`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::legal::read_invoice::Read>() })
}
