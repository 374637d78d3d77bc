//! The Lambda function `update_meter`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::meters::update::Update>() })
}
