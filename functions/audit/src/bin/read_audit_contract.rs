//! The Lambda function `read_audit_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::contract::Read>() })
}
