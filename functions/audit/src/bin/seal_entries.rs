//! The Lambda function `seal_entries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::seal_entries::WORKER })
}
