//! The Lambda function `list_alerts`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::list::List>() }).await
}
