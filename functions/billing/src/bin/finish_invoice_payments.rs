//! The Lambda function `finish_invoice_payments`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::finish::WORKER })
}
