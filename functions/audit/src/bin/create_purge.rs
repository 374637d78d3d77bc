//! The Lambda function `create_purge`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::create::Create>() }).await
}
