//! The Lambda function `list_payments`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::payments::list::List>() })
}
