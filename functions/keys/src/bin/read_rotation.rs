//! The Lambda function `read_rotation`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::read::Read>() }).await
}
