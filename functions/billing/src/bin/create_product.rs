//! The Lambda function `create_product`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::create::Create>() })
}
