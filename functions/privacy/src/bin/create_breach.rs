//! The Lambda function `create_breach`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::create::Create>() }).await
}
