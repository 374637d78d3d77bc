//! The Lambda function `list_approvals`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::list::List>() })
}
