//! The Lambda function `read_check`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::read::Read>() })
}
