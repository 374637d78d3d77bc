//! The Lambda function `sweep_altered`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sweep_altered::WORKER })
}
