//! The Lambda function `read_tax_settings`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::tax::read::Read>() })
}
