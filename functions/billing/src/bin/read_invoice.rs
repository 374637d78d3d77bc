//! The Lambda function `read_invoice`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::read::Read>() }).await
}
