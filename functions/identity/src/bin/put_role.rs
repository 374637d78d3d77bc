//! The Lambda function `put_role`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::put::Put>() })
}
