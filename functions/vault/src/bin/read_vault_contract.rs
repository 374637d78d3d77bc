//! The Lambda function `read_vault_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::contract::Read>() })
}
