//! The Lambda function `replace_alert_rules`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alert_rules::replace::Replace>() })
}
