//! The Lambda function `read_tenant`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::read::Read>() })
}
