//! The Lambda function `read_purge`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::read::Read>() }).await
}
