//! The Lambda function `list_prices`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::list::List>() })
}
