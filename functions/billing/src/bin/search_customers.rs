//! The Lambda function `search_customers`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::search::Search>() })
}
