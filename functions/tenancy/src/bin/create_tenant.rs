//! The Lambda function `create_tenant`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::create::Create>() })
}
