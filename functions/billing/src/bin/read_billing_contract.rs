//! The Lambda function `read_billing_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::contract::Read>() })
}
