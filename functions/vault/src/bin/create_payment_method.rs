//! The Lambda function `create_payment_method`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::create::Create>() }).await
}
