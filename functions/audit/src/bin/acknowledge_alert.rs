//! The Lambda function `acknowledge_alert`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::acknowledge::Acknowledge>() }).await
}
