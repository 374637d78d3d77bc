//! The Lambda function `issue_token`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::oauth::token::Token>() })
}
