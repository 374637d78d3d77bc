//! The Lambda function `fulfil_privacy_requests`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { privacy::workers::fulfil::WORKER })
}
