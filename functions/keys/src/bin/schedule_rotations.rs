//! The Lambda function `schedule_rotations`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::schedule::WORKER }).await
}
