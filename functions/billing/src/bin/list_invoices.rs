//! The Lambda function `list_invoices`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::list::List>() }).await
}
