//! The Lambda function `create_password_reset`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::password_resets::create::Create>() }).await
}
