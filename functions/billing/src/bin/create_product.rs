//! The Lambda function `create_product`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::create::Create>() }).await
}
