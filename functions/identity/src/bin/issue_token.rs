//! The Lambda function `issue_token`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::token::Token>() })
}
