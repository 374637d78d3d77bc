//! The Lambda function `finish_invoice_payments`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::finish::WORKER }).await
}
