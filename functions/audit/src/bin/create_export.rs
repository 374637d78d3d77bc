//! The Lambda function `create_export`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::create::Create>() }).await
}
