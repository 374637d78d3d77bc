//! The Lambda function `list_deliveries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::deliveries::list::List>() })
}
