//! The Lambda function `fulfil_privacy_requests`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { privacy::workers::fulfil::WORKER })
}
