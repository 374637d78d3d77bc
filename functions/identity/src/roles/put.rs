//! `PUT /identity/v1/roles/{id}`: a new version of a role. A second person approves it; versions never change.

use super::{RoleVersion, list::RoleAnswer};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    networks::{self, Network},
    problem::{Problem, codes},
    rbac::{self, Effect, Exclusion, Filter, Grant, Role},
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Key, Table},
    text::{Name, RoleId},
};

/// Most grants and most exclusions of a role.
const MOST: usize = 400;
/// Most parts of one filter, and how deep they may nest.
const PARTS: (usize, usize) = (100, 5);

shared::text_type!(
    /// A right: one of `GET /identity/v1/rights`.
    RightName, r"^[a-z_]+\.[a-z_]+$", "payment.read", |t| {
        rbac::find_right(t).map(|r| r.name.to_owned()).ok_or("is not a right")
    }
);

/// One line of a role.
#[derive(Record)]
#[record(input)]
#[record(name = "NewGrant")]
pub struct GrantInput {
    /// The right.
    #[internal]
    right: RightName,
    /// `allow` or `deny`; a deny overrides.
    #[internal]
    effect: Effect,
    /// For which objects; none means all. It may name the attributes that the right lists.
    #[internal]
    filter: Option<Filter>,
}

/// Two rights that exclude each other.
#[derive(Record)]
#[record(input)]
#[record(name = "RoleExclusion")]
pub struct ExclusionInput {
    /// One right.
    #[internal]
    one: RightName,
    /// The other.
    #[internal]
    other: RightName,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The role; a new one when there is none.
    #[public]
    id: RoleId,
    /// What people call it.
    #[internal]
    name: Name,
    /// The version that this one replaces; 0 for a new role.
    #[public]
    replaces: u32,
    /// What it grants.
    #[nested]
    #[record(length(max = 400))]
    grants: Vec<GrantInput>,
    /// Pairs of rights that none of its holders may both use, from whatever roles they come.
    #[nested]
    #[record(length(max = 400))]
    #[serde(default)]
    exclusions: Vec<ExclusionInput>,
    /// Networks that its holders may call from: at most fifty, none for any. They must contain the caller's own address
    /// if the caller holds the role.
    #[internal]
    #[record(length(max = 50))]
    #[serde(default)]
    networks: Vec<Network>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Put;

impl Endpoint for Put {
    const DECLARATION: Declaration = Declaration::new(
        "put_role",
        methods::put,
        "/identity/v1/roles/{id}",
        Access::Right(&rbac::ROLE_WRITE),
        Audit::Alert,
        "Make a role, or a new version of one",
    )
    .refuses(&[codes::ROLE_EXCEEDS_YOURS, codes::VERSION_CONFLICT])
    .four_eyes()
    .changes_policy()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = RoleAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<Role>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<RoleAnswer>, Problem> {
        let old = cx.find::<Role>(input.id.as_str()).await?;
        let version = old.as_ref().map_or(0, |r| r.version);
        if version != input.replaces {
            let text = "This is not the version that the role has now.";
            return Err(Problem::conflict("version_conflict", text).with("version", version.into()));
        }
        let mut new = role(&input, version.saturating_add(1))?;
        let own = cx.principal().roles.iter().any(|r| r.id == new.id);
        new.networks = if own {
            networks::listed_by(&input.networks, cx.request().address)?
        } else {
            networks::listed(&input.networks)?
        };
        new.policy = old.as_ref().and_then(|r| r.policy.clone());
        rbac::may_give(&cx.principal().roles, &new)
            .map_err(|right| rbac::exceeds(input.id.as_str(), right))?;
        let head = match &old {
            None => cx.create(&new)?,
            Some(old) => cx.replace(old, &new)?,
        };
        let kept = RoleVersion::of(&new, cx.principal().id(), cx.now());
        let changes = Changes::new().write(head).write(cx.create(&kept)?).object(
            input.id.as_str(),
            old.as_ref().map(|r| &r.item),
            Some(&new),
        );
        Ok(Outcome::changed(RoleAnswer::of(new)?, changes))
    }
}

fn role(input: &Input, version: u32) -> Result<Role, Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, detail: &str| {
        errors.push(FieldError {
            pointer,
            detail: detail.to_owned(),
        });
    };
    if input.grants.len() > MOST || input.exclusions.len() > MOST {
        wrong("/grants".into(), "must be at most 400 grants and 400 exclusions");
    }
    let mut grants = Vec::new();
    for (i, grant) in input.grants.iter().enumerate() {
        let right = rbac::find_right(grant.right.as_str());
        if let Some((right, filter)) = right.zip(grant.filter.as_ref())
            && let Err((at, why)) = filter.check(right, PARTS)
        {
            wrong(format!("/grants/{i}/filter{at}"), &why);
        }
        grants.push(Grant {
            right: grant.right.as_str().to_owned(),
            effect: grant.effect,
            filter: grant.filter.clone(),
        });
    }
    let mut exclusions = Vec::new();
    for (i, pair) in input.exclusions.iter().enumerate() {
        let (one, other) = (pair.one.as_str(), pair.other.as_str());
        if one == other {
            wrong(format!("/exclusions/{i}"), "must be two different rights");
        }
        exclusions.push(Exclusion(one.to_owned(), other.to_owned()));
    }
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let mut role = Role::new(input.id.as_str(), version, input.name.as_str(), grants);
    role.exclusions = exclusions;
    if let Some(pair) = rbac::excluded(std::slice::from_ref(&role)) {
        let text = format!("holds both {} and {}, which exclude each other", pair.0, pair.1);
        return Err(Problem::invalid("/grants", text));
    }
    Ok(role)
}
