//! The Lambda function `decide_approval`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::decide::Decide>() })
}
