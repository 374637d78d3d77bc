//! The Lambda function `sweep_unsealed`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sweep_unsealed::WORKER }).await
}
