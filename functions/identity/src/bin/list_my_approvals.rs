//! The Lambda function `list_my_approvals`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::approvals::List>() })
}
