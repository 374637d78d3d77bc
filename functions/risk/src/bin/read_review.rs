//! The Lambda function `read_review`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::read::Read>() })
}
