//! The Lambda function `list_all_refunds`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::refunds::list_all::List>() })
}
