//! The Lambda function `try_risk_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::r#try::Try>() })
}
