//! The Lambda function `finish_intents`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::finish::WORKER })
}
