//! The Lambda function `read_tenancy_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::contract::Read>() })
}
