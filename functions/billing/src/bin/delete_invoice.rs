//! The Lambda function `delete_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::delete::Delete>() })
}
