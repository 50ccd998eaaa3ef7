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
import { CertificateExpiry } from './certificate-expiry.js';

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
  readonly #expiry: CertificateExpiry;
  readonly #reloads;
  readonly #refused;
  #timer: Timer | undefined;

  constructor(
    private readonly env: Environment,
    private readonly parts: Surroundings,
  ) {
    const { metrics } = parts;
    this.#expiry = new CertificateExpiry(parts);
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
    this.#noteCertificates(section, settings.values);
    if (settings.isInFiles) {
      this.#refused.set(0, { section: section.name });
      const use = (values: FieldValues<F>) => {
        value.replace(build(values));
        this.#noteCertificates(section, values);
      };
      this.#watched.push({ name: section.name, check: () => settings.reload(use) });
    }
    if (this.#watched.length > 0 || this.#expiry.isNeeded) this.#timer ??= this.#later();
    return value;
  }

  #noteCertificates<F extends ConfigFields>(section: ConfigSection<F>, values: FieldValues<F>): void {
    for (const [key, { certificates }] of Object.entries(section.fields)) {
      if (certificates === true) this.#expiry.note(key.toLowerCase(), values[key] as string | undefined);
    }
    this.#expiry.look();
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
    this.#expiry.look();
    this.#timer = this.#later();
  }
}

class Replaceable<T> implements Live<T> {
  readonly #listeners: (() => void)[] = [];

  constructor(public current: T) {}

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Whoever follows the value may refuse it by throwing: then all of them get the one before back. */
  replace(value: T): void {
    const before = this.current;
    this.current = value;
    try {
      this.#tell();
    } catch (err) {
      this.current = before;
      this.#tell();
      throw err;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
