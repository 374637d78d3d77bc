//! The Lambda function `read_privacy_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::contract::Read>() })
}
