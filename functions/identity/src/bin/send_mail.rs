//! The Lambda function `send_mail`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::send::WORKER })
}
