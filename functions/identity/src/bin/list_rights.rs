//! The Lambda function `list_rights`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::rights::list::List>() })
}
