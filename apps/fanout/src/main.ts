import { fanoutService } from '@causeway/fanout';
import { runService } from '@causeway/runtime';

await runService(fanoutService);
