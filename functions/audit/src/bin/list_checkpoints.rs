//! The Lambda function `list_checkpoints`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::checkpoints::list::List>() }).await
}
