//! The Lambda function `read_usage`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::usage::read::Read>() })
}
