//! The Lambda function `settle_invoices`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::settle::WORKER }).await
}
