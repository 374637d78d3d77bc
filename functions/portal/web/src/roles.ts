// What roles are asked for: all of them, the catalogue of rights, and which rights exclude each other.

import { useQuery } from "@tanstack/react-query";
import { api, must, type Schemas } from "./api";

export type Role = Schemas["Role"];

async function all(): Promise<Role[]> {
  const roles: Role[] = [];
  let cursor: string | undefined;
  do {
    const page: Schemas["RoleList"] = await must(api.GET("/identity/v1/roles", { params: { query: { limit: 100, cursor } } }));
    roles.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return roles;
}

export const useRoles = () => useQuery({ queryKey: ["roles", "all"], queryFn: all });
export const useRights = () => useQuery({ queryKey: ["rights"], queryFn: () => must(api.GET("/identity/v1/rights")), staleTime: Number.POSITIVE_INFINITY });

/** The rights that grants allow, for some objects at least. */
export const allowed = (grants: readonly { right: string; effect: string }[]): Set<string> => new Set(grants.filter((g) => g.effect === "allow").map((g) => g.right));

export interface Conflict {
  one: string;
  other: string;
  /** The role that says so, or that has the other half; none where the role is in conflict with itself. */
  role?: string;
}

/** What a role would be in conflict with: itself, or other roles whose holders could then not hold this one. */
export function conflicts(id: string, grants: Parameters<typeof allowed>[0], exclusions: readonly (readonly string[])[], roles: readonly Role[]): Conflict[] {
  const own = allowed(grants);
  const found: Conflict[] = [];
  for (const [one = "", other = ""] of exclusions) if (own.has(one) && own.has(other)) found.push({ one, other });
  for (const role of roles.filter((r) => r.id !== id)) {
    const theirs = allowed(role.grants);
    const pairs = new Map([...exclusions, ...role.exclusions].map((pair) => [[...pair].sort().join(), pair])).values();
    for (const [one = "", other = ""] of pairs) {
      const together = (own.has(one) || theirs.has(one)) && (own.has(other) || theirs.has(other));
      const alone = own.has(one) && own.has(other) && exclusions.some(([a, b]) => a === one && b === other);
      if (together && !alone && (own.has(one) || own.has(other))) found.push({ one, other, role: role.name });
    }
  }
  return found;
}
