//! The Lambda function `list_reviews`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::list::List>() })
}
