//! The Lambda function `finish_intents`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::finish::WORKER })
}
