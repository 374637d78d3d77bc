//! The Lambda function `revoke_token`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::revoke::Revoke>() })
}
