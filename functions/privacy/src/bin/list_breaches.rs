//! The Lambda function `list_breaches`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::list::List>() })
}
