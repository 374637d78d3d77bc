//! The Lambda function `update_user`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::update::Update>() })
}
