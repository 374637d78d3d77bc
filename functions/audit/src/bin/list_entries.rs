//! The Lambda function `list_entries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::list::List>() })
}
