//! The Lambda function `read_billing_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::contract::Read>() })
}
