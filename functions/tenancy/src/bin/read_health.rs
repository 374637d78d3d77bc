//! The Lambda function `read_health`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::health::read::Read>() }).await
}
