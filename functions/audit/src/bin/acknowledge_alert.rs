//! The Lambda function `acknowledge_alert`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::acknowledge::Acknowledge>() })
}
