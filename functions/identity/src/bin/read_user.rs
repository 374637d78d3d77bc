//! The Lambda function `read_user`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::read::Read>() }).await
}
