//! The Lambda function `list_entries`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::list::List>() }).await
}
