//! The Lambda function `update_customer`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::update::Update>() })
}
