//! The Lambda function `create_tenant`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::create::Create>() }).await
}
