//! The Lambda function `archive_log`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::archive_log::WORKER })
}
