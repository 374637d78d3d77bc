//! The Lambda function `read_approval`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::read::Read>() })
}
