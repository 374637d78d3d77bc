//! The Lambda function `read_register`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::register::Read>() }).await
}
