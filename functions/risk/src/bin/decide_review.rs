//! The Lambda function `decide_review`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::decide::Decide>() })
}
