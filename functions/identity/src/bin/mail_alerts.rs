//! The Lambda function `mail_alerts`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::alerts::WORKER })
}
