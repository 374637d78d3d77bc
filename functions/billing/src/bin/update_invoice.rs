//! The Lambda function `update_invoice`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::update::Update>() })
}
