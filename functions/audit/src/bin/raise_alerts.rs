//! The Lambda function `raise_alerts`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::raise_alerts::WORKER })
}
