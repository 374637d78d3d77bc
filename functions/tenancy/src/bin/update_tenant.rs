//! The Lambda function `update_tenant`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::update::Update>() }).await
}
