import { certificateKinds } from '../chat/certificate.js';

const closed = { type: 'object', additionalProperties: false } as const;
const number = { type: 'string', pattern: '^[1-9][0-9]{2}$' } as const;
const count = { type: 'integer', minimum: 0, maximum: 10_000 } as const;

export const accountKeySchema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'JID `{integrator}-{number}@interop` or user-visible identifier',
} as const;

export const certificateSchema = {
  ...closed,
  required: ['kind'],
  properties: { kind: { enum: certificateKinds, description: 'Which chain clients are shown' } },
} as const;

export const disconnectSchema = {
  ...closed,
  required: ['how'],
  properties: {
    how: {
      enum: ['replaced', 'clean', 'abrupt', 'removed', 'restart', 'busy', 'limited', 'unsettled'],
      description:
        'With a goodbye, just cut, or with the stream error for: another client logged in, the device was removed, log in again at once, not now, too fast, a stanza was not settled',
    },
  },
} as const;

export const faultsSchema = {
  ...closed,
  minProperties: 1,
  properties: {
    delayMs: { type: 'integer', minimum: 0, maximum: 600_000, description: 'Every delivery waits so long' },
    duplicateNext: { ...count, description: 'So many next deliveries are sent twice' },
    reorderNext: { ...count, description: 'So many next pairs of deliveries change places' },
    pauseAcks: {
      type: 'boolean',
      description: 'Take messages of the account but hold their acknowledgements',
    },
    mute: { type: 'boolean', description: 'Handle and send nothing, over an open connection' },
    refuseLogins: {
      ...closed,
      required: ['times', 'reason'],
      properties: {
        times: { ...count, description: 'So many next logins' },
        reason: { ...number, description: 'Number of `<failure>`' },
        code: { ...number, description: 'Why, with reason 402' },
        expire: { type: 'string', pattern: '^[0-9]{1,9}$', description: 'Seconds, with reason 402' },
      },
    },
  },
} as const;
