//! The Lambda function `create_user`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::create::Create>() }).await
}
