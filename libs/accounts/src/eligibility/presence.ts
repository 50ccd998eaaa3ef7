const DAY_MS = 86_400_000;

/** How a profile judges presence in its region; days. */
export interface RegionPolicy {
  readonly absenceDays: number;
  readonly returnDays: number;
  readonly evidenceDays: number;
}

/** Somebody or something has seen a user inside or outside the region. Milliseconds since 1970. */
export interface Sight {
  readonly inside: boolean;
  readonly at: number;
}

/** What is left of all sights. */
export interface Presence {
  readonly inside: boolean;
  /** The last sight. */
  readonly observedAt: number;
  /** Since when all sights were as the last one. */
  readonly since: number;
  /** Since when the user counts as away; a short return does not end it. */
  readonly awaySince?: number | undefined;
}

/**
 * `unknown`: nothing, or nothing recent, says where. `present`. `away`: outside, or not back for long enough, and
 * tolerated. `gone`: away for longer than is tolerated.
 */
export type Standing = 'unknown' | 'present' | 'away' | 'gone';

/** Adds a sight to what was seen before. One that is no later than the last is passed over. */
export function see(before: Presence | undefined, { inside, at }: Sight, policy: RegionPolicy): Presence {
  if (before === undefined) return { inside, observedAt: at, since: at, awaySince: inside ? undefined : at };
  if (at <= before.observedAt) return before;
  const since = before.inside === inside ? before.since : at;
  const isBack = inside && at - since >= policy.returnDays * DAY_MS;
  const away = before.awaySince ?? (inside ? undefined : at);
  return { inside, observedAt: at, since, awaySince: isBack ? undefined : away };
}

/** How a user stands with a policy. An absence of sights is no absence: only a sight outside begins one. */
export function standingOf(presence: Presence | undefined, policy: RegionPolicy, now: number): Standing {
  if (presence === undefined) return 'unknown';
  const { awaySince, observedAt } = presence;
  if (awaySince === undefined) {
    return now - observedAt > policy.evidenceDays * DAY_MS ? 'unknown' : 'present';
  }
  return now - awaySince > policy.absenceDays * DAY_MS ? 'gone' : 'away';
}
