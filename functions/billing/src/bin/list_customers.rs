//! The Lambda function `list_customers`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::list::List>() })
}
