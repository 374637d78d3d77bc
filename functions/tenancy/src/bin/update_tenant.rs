//! The Lambda function `update_tenant`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::update::Update>() })
}
