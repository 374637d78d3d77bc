//! The Lambda function `raise_alerts`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::raise_alerts::WORKER })
}
