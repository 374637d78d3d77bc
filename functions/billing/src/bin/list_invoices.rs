//! The Lambda function `list_invoices`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::invoices::list::List>() })
}
