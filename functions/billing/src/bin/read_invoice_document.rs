//! The Lambda function `read_invoice_document`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::read_document::Read>() })
}
