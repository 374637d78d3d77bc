//! The Lambda function `list_sign_ins`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sign_ins::list::List>() }).await
}
