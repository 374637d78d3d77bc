//! The Lambda function `update_user`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::update::Update>() }).await
}
