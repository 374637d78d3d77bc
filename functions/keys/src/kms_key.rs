//! A tenant's own KMS key: it wraps the tenant's keys instead of the platform's, so that whoever disables it has closed
//! everything of that tenant within five minutes.

pub mod set;

shared::text_type!(
    /// The ARN of a multi-Region KMS key, in either region: its replica has the same id.
    KmsKeyArn,
    "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32}$",
    "arn:aws:kms:eu-west-1:111122223333:key/mrk-00000000000000000000000000000001",
    |text| {
        let parts: Vec<&str> = text.split(':').collect();
        let [arn, partition, service, region, account, resource] = parts.as_slice() else {
            return Err("is not the ARN of a KMS key");
        };
        let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let id = resource.strip_prefix("key/mrk-").unwrap_or_default();
        let hex = id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let names = partition
            .strip_prefix("aws")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        if *arn == "arn" && *service == "kms" && names && word(region) && digits && hex {
            Ok(text.to_owned())
        } else if resource.starts_with("key/") && !resource.starts_with("key/mrk-") {
            Err("must be a multi-Region key: the other region opens the same data")
        } else {
            Err("is not the ARN of a KMS key")
        }
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arns_of_multi_region_keys_are_taken() {
        let good = "arn:aws:kms:eu-west-1:111122223333:key/mrk-00000000000000000000000000000001";
        assert!(KmsKeyArn::parse(good).is_ok());
        assert!(KmsKeyArn::parse(&good.replace("aws:kms", "aws-us-gov:kms")).is_ok());
        for bad in [
            "",
            "alias/mine",
            &good.replace("mrk-", ""),
            &good.replace("mrk-0", "mrk-g"),
            &good.replace("key/", "alias/"),
            &good.replace("1111", "111"),
            &good.replace("kms", "s3"),
            &good.replace("arn:", "arm:"),
            &format!("{good}0"),
            &format!("{good}:x"),
            &format!(" {good}"),
        ] {
            assert!(KmsKeyArn::parse(bad).is_err(), "{bad}");
        }
    }
}
