//! The Lambda function `create_payment`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::create::Create>() }).await
}
