//! The Lambda function `purge_entries`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::purge_entries::WORKER }).await
}
