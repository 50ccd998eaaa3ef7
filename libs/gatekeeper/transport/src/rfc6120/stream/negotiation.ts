import { stanza, textAttr, textOf, type Stanza } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';
import type { ManagedSession } from '../management/managed-stream.js';
import type { Resumption } from '../management/resumptions.js';
import { ns } from '../namespaces.js';
import type { Rfc6120Profile } from '../rfc6120-profile.js';
import type { ScramClient } from '../sasl/scram.js';
import { bareOf } from '../stanzas/addresses.js';
import { isOf, loginFeatures, saslFailureOf, sessionFeatures } from './features.js';
import type { StreamEntity } from './stream-entity.js';

/** RFC 7622, 3.3.1, in octets; what is longer in characters is longer in octets. */
const maxLocalpart = 1_023;

type Step = 'login' | 'session' | 'resuming' | 'binding' | 'enabling' | 'done';

/**
 * What happens between an encrypted stream and a session: SASL, then either the last session is resumed (XEP-0198) or a
 * resource is bound and stream management enabled. @xmpp carries out the exchanges; the order, and what it is shown of
 * the server's offers, is decided here.
 */
export class Negotiation {
  private step: Step = 'login';
  private scram: ScramClient | undefined;
  private features: Stanza | undefined;
  private address = '';
  private resumable: Resumption | undefined;
  private known: string | undefined;

  constructor(
    private readonly profile: Rfc6120Profile,
    private readonly entity: StreamEntity,
    resumable: Resumption | undefined,
  ) {
    this.resumable = resumable;
  }

  /** The last session, while nobody has asked the server for it. */
  get unused(): Resumption | undefined {
    return this.resumable;
  }

  begun(scram: ScramClient): void {
    this.scram = scram;
  }

  /**
   * @xmpp has bound a resource. The device is told the address, and answers from it are believed.
   * @throws UpstreamError `wire_broken` when it is not one of an account at the profile's domain (RFC 6120, 7.6)
   */
  bound(address: string): void {
    if (this.step !== 'binding') return;
    const [localpart = '', rest] = bareOf(address).split('@');
    const named = localpart !== '' && localpart.length <= maxLocalpart;
    if (!named || rest !== this.profile.domain) throw new UpstreamError('wire_broken');
    this.address = address;
    this.step = 'enabling';
    const { resumeSeconds } = this.profile.limits;
    this.entity.post(
      stanza('enable', { xmlns: ns.management, resume: 'true', max: resumeSeconds.toString() }),
    );
  }

  /**
   * Take what the server sends meanwhile.
   *
   * @returns the session, when there is one
   * @throws UpstreamError why there will be none
   */
  accept(received: Stanza): ManagedSession | undefined {
    if (received.tag === 'stream:features') return this.onFeatures(received);
    const { xmlns } = received.attrs;
    if (xmlns === ns.sasl) return this.onSasl(received);
    if (xmlns === ns.management) return this.onManagement(received);
    // Binding is answered by an IQ; nothing else is due before there is a session.
    if (received.tag !== 'iq' || this.step !== 'binding') throw new UpstreamError('wire_broken');
    this.entity.route(received);
    return undefined;
  }

  private onFeatures(features: Stanza): undefined {
    if (this.step === 'login') {
      this.entity.route(loginFeatures(features, this.profile.mechanisms));
      return;
    }
    if (this.step !== 'session') throw new UpstreamError('wire_broken');
    this.features = sessionFeatures(features);
    if (this.resumable === undefined) return this.bind();
    const { id, state } = this.resumable;
    this.step = 'resuming';
    this.entity.post(stanza('resume', { xmlns: ns.management, previd: id, h: state.settled.toString() }));
  }

  private onSasl(received: Stanza): undefined {
    if (this.step !== 'login') throw new UpstreamError('wire_broken');
    if (received.tag === 'failure') throw saslFailureOf(received);
    if (received.tag === 'success') {
      if (this.scram === undefined) throw new UpstreamError('server_not_authentic');
      this.scram.verify(Buffer.from(textOf(received) ?? '', 'base64').toString('utf8'));
      this.step = 'session';
    }
    this.entity.route(received);
  }

  private onManagement(received: Stanza): ManagedSession | undefined {
    if (this.step === 'resuming' && isOf(received, 'resumed', ns.management)) return this.onResumed(received);
    if (this.step === 'resuming' && isOf(received, 'failed', ns.management)) {
      this.known = textAttr(received, 'h');
      this.bind();
      return undefined;
    }
    if (this.step !== 'enabling') throw new UpstreamError('wire_broken');
    if (!isOf(received, 'enabled', ns.management)) throw new UpstreamError('feature_missing');
    this.step = 'done';
    const resume = textAttr(received, 'resume');
    const resumable = resume === 'true' || resume === '1' ? textAttr(received, 'id') : undefined;
    const last = this.resumable;
    this.resumable = undefined;
    return {
      resumed: false,
      address: this.address,
      ...(resumable !== undefined && { id: resumable }),
      ...(last !== undefined && this.known !== undefined && { last: { state: last.state, h: this.known } }),
    };
  }

  private onResumed(received: Stanza): ManagedSession {
    const last = this.resumable;
    const h = textAttr(received, 'h');
    if (last === undefined || h === undefined) throw new UpstreamError('wire_broken');
    this.step = 'done';
    this.resumable = undefined;
    return { resumed: true, id: last.id, address: last.address, last: { state: last.state, h } };
  }

  private bind(): undefined {
    this.step = 'binding';
    if (this.features !== undefined) this.entity.route(this.features);
  }
}
