//! The Lambda function `read_me`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::read::Read>() })
}
