//! The Lambda function `settle_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::resolve::Settle>() })
}
