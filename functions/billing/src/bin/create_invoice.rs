//! The Lambda function `create_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::create::Create>() })
}
