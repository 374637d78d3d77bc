//! The Lambda function `publish_risk_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::rules::publish::Publish>() })
}
