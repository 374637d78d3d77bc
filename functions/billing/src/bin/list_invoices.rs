//! The Lambda function `list_invoices`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::list::List>() })
}
