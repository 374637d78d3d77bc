//! The Lambda function `read_alert_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alert_rules::read::Read>() })
}
