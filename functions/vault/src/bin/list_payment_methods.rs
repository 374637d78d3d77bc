//! The Lambda function `list_payment_methods`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::list::List>() })
}
