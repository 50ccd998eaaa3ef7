import { sessionService } from '@causeway/session';
import { runService } from '@causeway/runtime';

await runService(sessionService);
