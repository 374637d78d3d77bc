//! The Lambda function `answer_challenge`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::mfa::Mfa>() })
}
