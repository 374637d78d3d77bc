//! The Lambda function `list_breaches`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::list::List>() }).await
}
