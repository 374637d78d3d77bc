//! The Lambda function `put_role`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::put::Put>() }).await
}
