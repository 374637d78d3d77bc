//! The Lambda function `bootstrap_platform`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&tenancy::bootstrap::BOOTSTRAP)
}
