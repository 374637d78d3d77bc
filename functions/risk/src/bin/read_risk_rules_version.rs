//! The Lambda function `read_risk_rules_version`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::read_version::Read>() })
}
