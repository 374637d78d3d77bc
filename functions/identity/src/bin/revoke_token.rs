//! The Lambda function `revoke_token`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::revoke::Revoke>() }).await
}
