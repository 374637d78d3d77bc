//! The Lambda function `read_soap_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<soap::contract::Read>() })
}
