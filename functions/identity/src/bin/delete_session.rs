//! The Lambda function `delete_session`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::delete::Delete>() }).await
}
