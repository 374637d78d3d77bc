//! The Lambda function `reveal_payment_method`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::reveal::Reveal>() }).await
}
