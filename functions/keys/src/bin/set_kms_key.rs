//! The Lambda function `set_kms_key`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::kms_key::set::Set>() }).await
}
