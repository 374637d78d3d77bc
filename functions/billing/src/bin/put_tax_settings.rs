//! The Lambda function `put_tax_settings`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::tax::put::Put>() })
}
