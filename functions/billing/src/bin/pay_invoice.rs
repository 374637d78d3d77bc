//! The Lambda function `pay_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<billing::invoices::pay::Pay>() })
}
