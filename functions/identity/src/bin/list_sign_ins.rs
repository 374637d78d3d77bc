//! The Lambda function `list_sign_ins`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sign_ins::list::List>() })
}
