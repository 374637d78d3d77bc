//! The Lambda function `list_approvals`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::list::List>() }).await
}
