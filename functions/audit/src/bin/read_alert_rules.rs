//! The Lambda function `read_alert_rules`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alert_rules::read::Read>() })
}
