//! The Lambda function `schedule_rotations`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::schedule::WORKER })
}
