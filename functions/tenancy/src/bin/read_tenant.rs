//! The Lambda function `read_tenant`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::read::Read>() }).await
}
