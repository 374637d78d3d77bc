//! The Lambda function `list_payment_methods`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::list::List>() })
}
