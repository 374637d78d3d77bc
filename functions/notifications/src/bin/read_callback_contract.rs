//! The Lambda function `read_callback_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::callback::read::Read>() })
}
