//! The Lambda function `answer_challenge`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::mfa::Mfa>() })
}
