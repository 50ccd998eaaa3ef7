import {
  ConfigError,
  LiveSection,
  type ConfigFields,
  type ConfigSection,
  type Environment,
  type FieldValues,
} from '@causeway/config';
import type { Clock, Live, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';

interface Watched {
  readonly name: string;
  readonly check: () => 'same' | 'changed';
}

interface Surroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Settings that are in files and may be replaced while the service runs, such as keys that are rotated. Files are
 * looked at every few seconds rather than watched: how a mounted secret changes differs between systems. What cannot be
 * used is refused with a log line and a metric, and what was there stays in use.
 */
export class LiveSettings {
  readonly #watched: Watched[] = [];
  readonly #reloads;
  readonly #refused;
  #timer: Timer | undefined;

  constructor(
    private readonly env: Environment,
    private readonly parts: Surroundings,
  ) {
    const { metrics } = parts;
    this.#reloads = metrics.counter('settings_reloads_total', 'Settings whose files changed, by outcome', [
      'section',
      'outcome',
    ]);
    this.#refused = metrics.gauge('settings_refused', 'Whether the present files of a section are refused', [
      'section',
    ]);
  }

  /**
   * A value made of a section's settings, made anew when their files change.
   * @param build may throw: at the start the service then does not start, later the value stays as it was
   * @throws ConfigError
   */
  open<F extends ConfigFields, T>(section: ConfigSection<F>, build: (values: FieldValues<F>) => T): Live<T> {
    const settings = new LiveSection(section, this.env);
    const value = new Replaceable(build(settings.values));
    if (!settings.isInFiles) return value;
    this.#refused.set(0, { section: section.name });
    const check = () => settings.reload((values) => value.replace(build(values)));
    this.#watched.push({ name: section.name, check });
    this.#timer ??= this.#later();
    return value;
  }

  stop(): void {
    if (this.#timer) this.parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #later(): Timer {
    const timer = this.parts.clock.setTimeout(() => this.#look(), limits.settingsReloadMs.value);
    timer.unref();
    return timer;
  }

  #look(): void {
    for (const { name: section, check } of this.#watched) {
      try {
        if (check() === 'same') continue;
        this.#reloads.inc({ section, outcome: 'used' });
        this.#refused.set(0, { section });
        this.parts.logger.info({ section }, 'settings have changed and are in use');
      } catch (err) {
        this.#reloads.inc({ section, outcome: 'refused' });
        this.#refused.set(1, { section });
        // The message of anything else may quote a part of a key.
        const problem = err instanceof ConfigError ? err.message : 'they cannot be used';
        this.parts.logger.error(
          { section, problem },
          'settings have changed and are refused; the last good ones stay in use',
        );
      }
    }
    this.#timer = this.#later();
  }
}

class Replaceable<T> implements Live<T> {
  readonly #listeners: (() => void)[] = [];

  constructor(public current: T) {}

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  replace(value: T): void {
    this.current = value;
    for (const listener of this.#listeners) listener();
  }
}
