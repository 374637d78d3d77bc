//! The Lambda function `watch_breaches`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { privacy::workers::watch::WORKER })
}
