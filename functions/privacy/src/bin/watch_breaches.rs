//! The Lambda function `watch_breaches`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { privacy::workers::watch::WORKER }).await
}
