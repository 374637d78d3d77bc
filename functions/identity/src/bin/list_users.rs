//! The Lambda function `list_users`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::list::List>() }).await
}
