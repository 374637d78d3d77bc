//! The Lambda function `bootstrap_platform`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&tenancy::bootstrap::BOOTSTRAP)
}
