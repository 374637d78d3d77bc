//! The Lambda function `bootstrap_platform`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&tenancy::bootstrap::BOOTSTRAP).await
}
