//! The Lambda function `read_export`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::read::Read>() }).await
}
