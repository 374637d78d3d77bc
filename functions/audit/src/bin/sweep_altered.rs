//! The Lambda function `sweep_altered`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sweep_altered::WORKER })
}
