//! The Lambda function `list_payments`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::list::List>() })
}
