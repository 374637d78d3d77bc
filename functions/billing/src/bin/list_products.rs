//! The Lambda function `list_products`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::list::List>() })
}
