//! The Lambda function `read_customer`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::read::Read>() })
}
