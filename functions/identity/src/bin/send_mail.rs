//! The Lambda function `send_mail`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::mail::send::WORKER })
}
