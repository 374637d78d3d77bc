//! The Lambda function `read_jwks`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::jwks::read::Read>() }).await
}
