import { jumpWallClock } from '@causeway/testing/faults';
import { startMember, type MemberSaid, type MemberSettings } from './member.fixture.js';

/** A consumer in a process of its own, to be killed or stopped; leaves the group on SIGTERM. */
const settings = JSON.parse(process.argv[2] ?? '{}') as MemberSettings;
const say = (said: MemberSaid): void => void process.send?.(said);

jumpWallClock(settings.clockAheadMs ?? 0);
process.on('disconnect', () => process.exit());
const member = await startMember(settings, say);
process.once('SIGTERM', () => void member.close().finally(() => process.exit()));
