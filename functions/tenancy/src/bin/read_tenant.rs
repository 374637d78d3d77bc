//! The Lambda function `read_tenant`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::read::Read>() })
}
