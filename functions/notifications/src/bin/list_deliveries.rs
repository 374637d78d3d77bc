//! The Lambda function `list_deliveries`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::list::List>() })
}
