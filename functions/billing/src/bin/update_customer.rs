//! The Lambda function `update_customer`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::update::Update>() }).await
}
