//! The Lambda function `retry_mail`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::retry::WORKER })
}
