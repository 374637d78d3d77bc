//! The Lambda function `update_price`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::update::Update>() })
}
