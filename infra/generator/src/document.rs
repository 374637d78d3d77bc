//! What every template begins with, and what its resources have in common.

use super::{HEADER, parameters::Parameters, quoted};
use std::fmt::Write;

/// A template without functions: `body` holds its conditions, resources and outputs.
pub(super) fn text(about: &str, parameters: &Parameters, body: &str) -> String {
    whole("", about, parameters, body)
}

/// A template that SAM expands.
pub(super) fn sam(about: &str, parameters: &Parameters, body: &str) -> String {
    whole("Transform: AWS::Serverless-2016-10-31\n", about, parameters, body)
}

fn whole(transform: &str, about: &str, parameters: &Parameters, body: &str) -> String {
    format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
{transform}Description: {}

{}
{body}",
        quoted(about),
        parameters.section(),
    )
}

/// A public rule that a resource breaks on purpose: the rule of checkov, and why.
pub(super) type Waiver = (&'static str, &'static str);

/// The section of a resource that says which rules it breaks on purpose.
pub(super) fn waived(waivers: &[Waiver]) -> String {
    if waivers.is_empty() {
        return String::new();
    }
    let mut out = "Metadata:\n  checkov:\n    skip:\n".to_owned();
    for (rule, why) in waivers {
        let _ = write!(out, "      - id: {rule}\n        comment: {}\n", quoted(why));
    }
    out
}
