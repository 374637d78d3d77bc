//! The Lambda function `list_alerts`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::list::List>() })
}
