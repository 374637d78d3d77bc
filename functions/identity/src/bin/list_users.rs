//! The Lambda function `list_users`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::list::List>() })
}
