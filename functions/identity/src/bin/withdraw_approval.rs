//! The Lambda function `withdraw_approval`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::withdraw::Withdraw>() })
}
