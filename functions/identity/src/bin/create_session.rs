//! The Lambda function `create_session`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::create::Create>() }).await
}
