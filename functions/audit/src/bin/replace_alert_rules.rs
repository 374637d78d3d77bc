//! The Lambda function `replace_alert_rules`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alert_rules::replace::Replace>() }).await
}
