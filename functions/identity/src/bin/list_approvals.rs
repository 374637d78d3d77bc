//! The Lambda function `list_approvals`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::list::List>() })
}
