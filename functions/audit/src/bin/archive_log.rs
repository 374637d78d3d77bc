//! The Lambda function `archive_log`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::archive_log::WORKER })
}
