//! The Lambda function `pay_invoice`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<billing::invoices::pay::Pay>() })
}
