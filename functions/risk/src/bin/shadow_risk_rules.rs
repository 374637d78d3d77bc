//! The Lambda function `shadow_risk_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::shadow::Shadow>() })
}
