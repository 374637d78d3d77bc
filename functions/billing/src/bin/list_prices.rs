//! The Lambda function `list_prices`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::list::List>() })
}
