//! The Lambda function `list_roles`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::list::List>() })
}
