//! The Lambda function `read_payment`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::read::Read>() })
}
