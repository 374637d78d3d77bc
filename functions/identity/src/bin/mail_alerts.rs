//! The Lambda function `mail_alerts`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::alerts::WORKER })
}
