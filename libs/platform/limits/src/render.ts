import type { Limit } from './limit.js';
import { limitGroups } from './limits.js';
import { rateLimits } from './rates.js';

/** The reference page of all limits and rate limits, in Markdown. */
export function renderLimits(): string {
  const groups = limitGroups.map(({ title, limits }) => {
    const rows = Object.entries<Limit>(limits).map(
      ([name, limit]) => `| \`${name}\` | ${limit.value} | ${limit.unit} | ${limit.reason} |`,
    );
    return [`## ${title}`, '', '| name | value | unit | reason |', '|---|---:|---|---|', ...rows].join('\n');
  });
  const rates = Object.values(rateLimits).map(
    ({ name, capacity, refillPerSecond, failOpen, reason }) =>
      `| \`${name}\` | ${capacity} | ${perHourText(refillPerSecond)} | ${failOpen ? 'allowed' : 'denied'} | ${reason} |`,
  );
  const rateHead = ['| name | at once | refill | without the engine | reason |', '|---|---:|---:|---|---|'];
  return (
    ['# Limits', ...groups, ['## Rate limits', '', ...rateHead, ...rates].join('\n'), '']
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function perHourText(perSecond: number): string {
  if (perSecond >= 1) return `${perSecond} per second`;
  const perMinute = perSecond * 60;
  return perMinute >= 1 ? `${Math.round(perMinute)} per minute` : `${Math.round(perSecond * 3_600)} per hour`;
}
