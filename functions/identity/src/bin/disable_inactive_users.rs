//! The Lambda function `disable_inactive_users`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::users::disable_inactive::WORKER }).await
}
