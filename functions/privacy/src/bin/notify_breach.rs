//! The Lambda function `notify_breach`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::notify::Notify>() }).await
}
