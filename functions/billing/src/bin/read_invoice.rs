//! The Lambda function `read_invoice`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::read::Read>() })
}
