//! The Lambda function `decide_approval`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::decide::Decide>() }).await
}
