//! The Lambda function `update_product`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::update::Update>() })
}
