//! The Lambda function `issue_token`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::token::Token>() }).await
}
