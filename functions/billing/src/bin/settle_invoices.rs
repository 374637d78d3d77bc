//! The Lambda function `settle_invoices`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::settle::WORKER })
}
