//! The Lambda function `read_product`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::read::Read>() })
}
