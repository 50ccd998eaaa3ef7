import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../index.js';
import { TestProcess } from '../index.js';

interface Tick {
  readonly tick: number;
}
interface Answer {
  readonly word: string;
  readonly asked: object;
}

const entry = new URL('./ticking.fixture.ts', import.meta.url);
let ticking: TestProcess<Tick | Answer>;

const isAnswer = (said: Tick | Answer): said is Answer => 'word' in said;
const last = (): number => Math.max(0, ...ticking.messages.map((said) => ('tick' in said ? said.tick : 0)));

afterEach(() => ticking.kill());

it('runs an entry from its sources, speaks with it, stands it still, lets it go on, and kills it', async () => {
  ticking = await TestProcess.start(entry, { everyMs: 5, word: 'given' });
  ticking.tell({ question: 1 });
  expect(await ticking.said(isAnswer)).toEqual({ word: 'given', asked: { question: 1 } });
  await eventually(() => expect(last()).toBeGreaterThan(3));
  ticking.freeze();
  // What was on its way arrives; then nothing.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const frozenAt = last();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(last()).toBe(frozenAt);
  ticking.thaw();
  await eventually(() => expect(last()).toBeGreaterThan(frozenAt));
  expect(ticking.alive).toBe(true);
  expect(await ticking.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(ticking.alive).toBe(false);
});

it('tells what a process wrote when it is gone without a word', async () => {
  ticking = await TestProcess.start(new URL('./not-there.fixture.ts', import.meta.url), {});
  await ticking.ended;
  await expect(ticking.said(isAnswer, 100)).rejects.toThrow(/is gone: .*ERR_MODULE_NOT_FOUND/s);
});
