//! The Lambda function `read_identity_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::contract::Read>() })
}
