//! The Lambda function `list_checkpoints`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::checkpoints::list::List>() })
}
