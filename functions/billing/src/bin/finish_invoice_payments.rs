//! The Lambda function `finish_invoice_payments`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::finish::WORKER })
}
