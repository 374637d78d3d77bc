//! The Lambda function `list_event_types`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::event_types::list::List>() }).await
}
