//! The Lambda function `read_entry`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::read::Read>() })
}
