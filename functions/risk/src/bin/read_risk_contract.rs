//! The Lambda function `read_risk_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::contract::Read>() })
}
