//! The Lambda function `create_price`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::create::Create>() }).await
}
