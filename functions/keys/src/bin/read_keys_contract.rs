//! The Lambda function `read_keys_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::contract::Read>() })
}
