//! The Lambda function `read_price`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::read::Read>() })
}
