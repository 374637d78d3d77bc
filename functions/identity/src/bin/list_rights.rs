//! The Lambda function `list_rights`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::rights::list::List>() }).await
}
