//! The Lambda function `list_sessions`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::list::List>() }).await
}
