//! The Lambda function `list_keys`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::tenant_keys::list::List>() })
}
