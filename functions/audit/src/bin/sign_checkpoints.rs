//! The Lambda function `sign_checkpoints`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sign_checkpoints::WORKER })
}
