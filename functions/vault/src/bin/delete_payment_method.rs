//! The Lambda function `delete_payment_method`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::delete::Delete>() }).await
}
