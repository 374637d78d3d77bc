//! The Lambda function `watch_breaches`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { privacy::workers::watch::WORKER })
}
