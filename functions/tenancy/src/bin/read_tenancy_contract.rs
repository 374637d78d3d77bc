//! The Lambda function `read_tenancy_contract`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::contract::Read>() }).await
}
