//! The Lambda function `create_invoice`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::create::Create>() }).await
}
