//! The Lambda function `update_tenant`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::update::Update>() })
}
