//! The Lambda function `claim_review`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::claim::Claim>() })
}
