//! The Lambda function `draft_risk_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::draft::Draft>() })
}
