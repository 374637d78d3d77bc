//! The Lambda function `read_me`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::read::Read>() }).await
}
