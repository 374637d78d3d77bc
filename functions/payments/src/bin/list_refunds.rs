//! The Lambda function `list_refunds`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::refunds::list::List>() })
}
