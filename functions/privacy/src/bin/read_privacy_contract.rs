//! The Lambda function `read_privacy_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::contract::Read>() })
}
