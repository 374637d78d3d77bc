//! The Lambda function `preview_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::preview::Preview>() })
}
