//! The Lambda function `finalize_invoice`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::finalize::Finalize>() })
}
