import { createTestAuthority } from '@causeway/testing';
import { expect, it } from 'vitest';
import { secureContextOf } from './secure-context.js';

it('is one for all connections that believe the same authorities', () => {
  const [one, another] = [createTestAuthority('one').ca, createTestAuthority('another').ca];
  expect(secureContextOf(one)).toBe(secureContextOf(one));
  expect(secureContextOf()).toBe(secureContextOf());
  expect(new Set([secureContextOf(), secureContextOf(one), secureContextOf(another)]).size).toBe(3);
});

it('is remembered for so many, and made anew beyond', () => {
  for (let index = 0; index < 64; index++) secureContextOf(createTestAuthority(`filler ${index}`).ca);
  const beyond = createTestAuthority('beyond').ca;
  expect(secureContextOf(beyond)).not.toBe(secureContextOf(beyond));
});
