//! The Lambda function `revoke_token`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::revoke::Revoke>() })
}
