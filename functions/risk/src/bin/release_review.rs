//! The Lambda function `release_review`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::release::Release>() })
}
