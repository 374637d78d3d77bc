//! The Lambda function `search_customers`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::search::Search>() })
}
