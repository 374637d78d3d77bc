//! The Lambda function `list_breaches`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::list::List>() })
}
