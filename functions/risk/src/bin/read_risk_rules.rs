//! The Lambda function `read_risk_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::read::Read>() })
}
