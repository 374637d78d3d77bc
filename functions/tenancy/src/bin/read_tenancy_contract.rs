//! The Lambda function `read_tenancy_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::contract::Read>() })
}
