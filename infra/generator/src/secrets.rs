//! `infra/stacks/secrets.yaml`: secrets, made once and replicated to the second region.

use super::{
    HEADER, indent,
    parameters::{self, Parameters},
    pascal, quoted,
};
use std::{collections::BTreeSet, fmt::Write};

/// The template of the secrets.
pub(super) fn stack(secrets: &BTreeSet<&str>) -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::second_region(),
        parameters::data_key(),
    ]);
    let mut out = format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Description: {about}

{parameters}
Resources:
",
        about = quoted("Ledgerkeep: secrets. Deployed from the first region only."),
        parameters = parameters.section(),
    );
    let mut outputs = "Outputs:\n".to_owned();
    for secret in secrets {
        let id = pascal(secret);
        let _ = write!(
            out,
            "  {id}:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Name: !Sub ledgerkeep/${{Environment}}/{secret}
      Description: {about}
      KmsKeyId: !Ref DataKey
{value}      ReplicaRegions:
        - Region: !Ref SecondRegion
          KmsKeyId: {replica}

",
            about = quoted(about(secret)),
            value = value(secret),
            replica = indent(parameters::DATA_KEY_REPLICA, 10).trim(),
        );
        let _ = write!(
            outputs,
            "  Secret{id}:\n    Description: ARN of the secret {secret} in this region.\n    Value: !Ref {id}\n"
        );
    }
    out + &outputs
}

fn about(secret: &str) -> &'static str {
    match secret {
        "pepper" => "Peppers of passwords by version; current names the one that new hashes use",
        _ => "Set by an operator after the first deployment",
    }
}

/// The pepper is made here. 64 letters and digits are 48 bytes of base64 and hold 381 bits. A new version is added by an
/// operator with `put-secret-value`; changing these properties would forget the old ones.
fn value(secret: &str) -> &'static str {
    match secret {
        "pepper" => {
            "      # 64 letters and digits: 48 bytes in base64. Never change this: it would forget every pepper.
      GenerateSecretString:
        SecretStringTemplate: '{\"current\":1}'
        GenerateStringKey: '1'
        PasswordLength: 64
        ExcludePunctuation: true
        RequireEachIncludedType: true
"
        }
        _ => "",
    }
}
