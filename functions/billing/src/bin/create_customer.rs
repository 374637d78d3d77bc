//! The Lambda function `create_customer`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::create::Create>() }).await
}
