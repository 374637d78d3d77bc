//! The Lambda function `list_credit_notes`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::credit_notes::list::List>() })
}
