//! The Lambda function `answer_challenge`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::mfa::Mfa>() }).await
}
