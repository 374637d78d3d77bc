//! The Lambda function `read_audit_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::contract::Read>() })
}
