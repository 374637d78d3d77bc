//! The Lambda function `create_tenant`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::tenants::create::Create>() })
}
