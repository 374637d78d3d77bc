//! The Lambda function `read_entry`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::read::Read>() }).await
}
