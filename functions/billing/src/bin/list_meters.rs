//! The Lambda function `list_meters`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::meters::list::List>() })
}
