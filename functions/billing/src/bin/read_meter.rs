//! The Lambda function `read_meter`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::meters::read::Read>() })
}
