//! The Lambda function `list_checkpoints`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::checkpoints::list::List>() })
}
