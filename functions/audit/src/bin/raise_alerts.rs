//! The Lambda function `raise_alerts`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::raise_alerts::WORKER }).await
}
