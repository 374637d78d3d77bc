//! The Lambda function `read_customer`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::read::Read>() }).await
}
