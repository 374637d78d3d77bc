//! The Lambda function `unlock_user`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::unlock::Unlock>() }).await
}
