//! The Lambda function `reset_second_factor`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::reset_second_factor::Reset>() })
}
