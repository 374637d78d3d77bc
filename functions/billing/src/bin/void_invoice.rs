//! The Lambda function `void_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::void::Void>() })
}
