import { keysService } from '@causeway/keys';
import { runService } from '@causeway/runtime';

await runService(keysService);
