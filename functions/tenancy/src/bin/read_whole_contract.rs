//! The Lambda function `read_whole_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::all::Read>() })
}
