//! The Lambda function `change_password`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::password::Change>() })
}
