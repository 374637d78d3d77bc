//! The Lambda function `prove_entry`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::prove::Prove>() }).await
}
