//! The Lambda function `settle_invoices`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::settle::WORKER })
}
