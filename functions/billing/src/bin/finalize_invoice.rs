//! The Lambda function `finalize_invoice`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::finalize::Finalize>() }).await
}
