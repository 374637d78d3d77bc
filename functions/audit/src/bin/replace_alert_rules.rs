//! The Lambda function `replace_alert_rules`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alert_rules::replace::Replace>() })
}
