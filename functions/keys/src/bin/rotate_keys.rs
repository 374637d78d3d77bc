//! The Lambda function `rotate_keys`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { keys::workers::rotate::WORKER })
}
