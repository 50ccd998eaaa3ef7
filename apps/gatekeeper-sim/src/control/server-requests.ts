const closed = { type: 'object', additionalProperties: false } as const;
const count = { type: 'integer', minimum: 0, maximum: 10_000 } as const;

export const accountKeySchema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'JID `{integrator}-{number}@interop` or user-visible identifier',
} as const;

export const disconnectSchema = {
  ...closed,
  required: ['how'],
  properties: {
    how: {
      enum: ['replaced', 'clean', 'abrupt'],
      description: 'As if another client logged in, with a goodbye, or just cut',
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
  },
} as const;
