//! The Lambda function `pay_invoice`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<billing::invoices::pay::Pay>() }).await
}
