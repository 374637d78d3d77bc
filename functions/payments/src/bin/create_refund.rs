//! The Lambda function `create_refund`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::refunds::create::Create>() }).await
}
