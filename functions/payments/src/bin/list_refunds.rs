//! The Lambda function `list_refunds`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::refunds::list::List>() })
}
