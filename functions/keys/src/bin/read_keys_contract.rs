//! The Lambda function `read_keys_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::contract::Read>() })
}
