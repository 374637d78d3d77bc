//! The Lambda function `list_products`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::list::List>() })
}
