//! Where generated templates stand, below the root of the repository.

/// The template of a region, which nests the others.
pub const REGION: &str = "template.yaml";
/// The folder of all other templates.
pub const STACKS: &str = "infra/stacks";
/// What stacks count, and what they need of an account.
pub const QUOTAS: &str = "infra/stacks/quotas.json";
/// Where `make build` puts the functions, as that folder sees it.
pub const CODE: &str = "../../target/lambda/";
/// The stack of the portal, which is no service: its function is on no road.
pub const PORTAL: &str = "portal";
/// What the files of services begin with.
const SERVICE: &str = "service-";

/// The template of a name: `data`.
#[must_use]
pub fn stack(name: &str) -> String {
    format!("{STACKS}/{name}.yaml")
}

/// The template of a service.
#[must_use]
pub fn service(name: &str) -> String {
    stack(&format!("{SERVICE}{name}"))
}

/// The service whose template stands in a file.
#[must_use]
pub fn service_of(file: &str) -> Option<&str> {
    let name = file
        .strip_prefix(STACKS)?
        .strip_prefix('/')?
        .strip_prefix(SERVICE)?;
    let name = name.strip_suffix(".yaml")?;
    // What is split off a service stands in files of its own: what is before the dot is the service.
    Some(name.split_once('.').map_or(name, |(service, _)| service))
}

/// Where a template finds what `make build` has made of a function.
#[must_use]
pub fn code(function: &str) -> String {
    format!("{CODE}{function}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_file() {
        assert_eq!(service_of(&service("billing")), Some("billing"));
        assert_eq!(service_of(&stack("service-billing.invoices")), Some("billing"));
        for other in [
            REGION,
            &stack("data"),
            "service-billing.yaml",
            "infra/stacks/service-billing.json",
        ] {
            assert_eq!(service_of(other), None, "{other}");
        }
    }
}
