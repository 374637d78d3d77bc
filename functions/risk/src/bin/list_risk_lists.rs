//! The Lambda function `list_risk_lists`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::list::List>() })
}
