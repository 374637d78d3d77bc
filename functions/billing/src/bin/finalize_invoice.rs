//! The Lambda function `finalize_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::finalize::Finalize>() })
}
