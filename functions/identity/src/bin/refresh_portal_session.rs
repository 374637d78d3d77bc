//! The Lambda function `refresh_portal_session`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::portal::refresh::Refresh>() }).await
}
