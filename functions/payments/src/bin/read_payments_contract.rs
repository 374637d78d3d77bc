//! The Lambda function `read_payments_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::contract::Read>() })
}
