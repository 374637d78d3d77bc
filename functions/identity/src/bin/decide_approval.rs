//! The Lambda function `decide_approval`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::approvals::decide::Decide>() })
}
