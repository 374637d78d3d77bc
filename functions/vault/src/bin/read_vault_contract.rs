//! The Lambda function `read_vault_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::contract::Read>() })
}
