//! The Lambda function `list_roles`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::list::List>() }).await
}
