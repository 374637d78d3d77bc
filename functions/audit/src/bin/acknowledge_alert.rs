//! The Lambda function `acknowledge_alert`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::acknowledge::Acknowledge>() })
}
