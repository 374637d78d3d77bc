//! The Lambda function `create_rotation`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::create::Create>() }).await
}
