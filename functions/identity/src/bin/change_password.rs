//! The Lambda function `change_password`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::password::Change>() })
}
